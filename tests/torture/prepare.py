"""Preparation of a run: a migrated database, accounts, products, and a healthy service."""

import time
from collections.abc import Callable, Sequence

import argon2

from tests.support.servers.ephemeral.server import free_port
from tests.torture import collector
from tests.torture.client import HOST, Client, NoResponse
from tests.torture.credentials import CART_SECRET, JWT_SECRET, PASSWORD, bearer_token
from tests.torture.load.sign_ins import email_of
from tests.torture.options import Options
from tests.torture.servers import DATABASE, Servers
from tests.torture.service import Service

STOCKS = (15, 60, 250, 1_000, 10_000_000)
START_SECONDS = 60
NEW_QUEUE_SECONDS = 3
"""A broker killed sooner after the declaration of a queue may lose it with its messages (decision 0026)."""


def migrated_service(servers: Servers, options: Options) -> Service:
    """Return the service on a new database; its processes are not started."""
    with servers.connect(database="postgres") as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE}")
    environment = {**servers.addresses, "JWT_SECRET": JWT_SECRET, "CART_SNAPSHOT_SECRET": CART_SECRET}
    environment |= {"LOG_LEVEL": "WARNING", "LOG_FORMAT": "json", "WEBHOOK_ALLOWED_HOSTS": HOST}
    service = Service(
        environment,
        port=free_port(),
        directory=options.directory,
        defect=options.defect,
        forked=options.forked,
        has_integrations=options.has_integrations,
    )
    migrated = service.run("migrate")
    if migrated.returncode != 0:
        raise RuntimeError(f"orders migrate has failed: {migrated.stderr}")
    return service


def wait_until_well(service: Service, servers: Servers) -> float:
    """Return the duration of the start in seconds."""
    queues = [collector.TRACKING, *([collector.PAYMENTS] if service.payments else [])]

    def is_well() -> bool:
        return is_healthy(service) and all(collector.has_consumers(servers, queue) for queue in queues)

    seconds = seconds_until(is_well, START_SECONDS)
    if seconds is None:
        raise RuntimeError(f"the service does not start within {START_SECONDS} s: {service.web.output[-2000:]}")
    return seconds


def wait_until_queues_last() -> None:
    time.sleep(NEW_QUEUE_SECONDS)


def create_accounts(servers: Servers, names: Sequence[str]) -> None:
    password = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(PASSWORD)
    columns = "id, created_at, email, password_hash, role, scopes"
    with servers.connect() as connection:
        for name in names:
            values = (name, email_of(name), password)
            connection.execute(f"INSERT INTO users ({columns}) VALUES (%s, now(), %s, %s, 'customer', '')", values)


def add_products(port: int) -> dict[int, int]:
    """Return the initial stock of each product."""
    client, token, product_ids = Client(port), bearer_token("administrator-0", role="admin"), {}
    for number, stock in enumerate(STOCKS, 1):
        body = {"name": f"Product {number}", "price": 12.5, "stock_quantity": stock, "sku": f"P-{number}"}
        response = client.send("POST", "/api/v1/products/", body, token=token)
        if response.status != 201:
            raise RuntimeError(f"a product was not added: {response}")
        product_ids[int(response.body["product_id"])] = stock
    client.close()
    return product_ids


def is_healthy(service: Service) -> bool:
    """Whether all processes run, and eight new connections find the service ready with every component healthy."""
    try:
        return all(process.pid for process in service.processes) and all(_is_ready(service.port) for _ in range(8))
    except (NoResponse, KeyError, TypeError):
        return False


def _is_ready(port: int) -> bool:
    client = Client(port, seconds=2)
    try:
        response = client.send("GET", "/readyz")
        return response.status == 200 and set(response.body["checks"].values()) == {"ok"}
    finally:
        client.close()


def seconds_until(holds: Callable[[], bool], timeout: float) -> float | None:
    """The seconds until the condition held; None if it timed out."""
    began = time.monotonic()
    while time.monotonic() < began + timeout:
        if holds():
            return time.monotonic() - began
        time.sleep(0.1)
    return None
