"""Each neighbour in each state: requests that do not need it are answered in time, and the service heals by itself.

The cells of the table in docs/operations.md that a network can show, and a Redis that refuses writes; other tests of
that table refuse writes elsewhere.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
import redis
from flask import Flask
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import Engine, event

from orders_adapters.http import service_client
from orders_adapters.sql import migrate
from orders_flask import Settings, create_app
from orders_flask.app import container_of
from orders_flask.bootstrap.container import close
from tests.contract.faults.service import within
from tests.support.client import Answer, ask
from tests.support.depth import deep
from tests.support.invalid_tokens import claims, rsa_key
from tests.support.secrets import CART_SECRET
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.proxy import Proxy
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.servers.redis import RedisServer
from tests.support.servers.services import CatalogueService, ShipmentService
from tests.support.servers.services.server import Asked
from tests.support.servers.services.server import Service as RemoteService

ATTEMPTS = 3
SLOWEST = 1.0  # seconds of a request that does not need the neighbour
RECOVERY = 15.0  # seconds, of which the pause of the circuits of the services is the longest part
KEY = rsa_key("ours")
NEIGHBOURS = ("redis", "rabbitmq", "postgresql", "catalogue", "shipments", "jwks", "smtp")
STATES: Mapping[str, Callable[[Proxy], None]] = {
    "down": Proxy.cut,
    "frozen": Proxy.hang,
    "slow": lambda network: network.delay(0.4),
}
SHORT = ("down", "frozen")
REFUSES = "refuses writes"
CELLS = [(neighbour, state) for state in (STATES if deep() else SHORT) for neighbour in NEIGHBOURS] + [
    ("redis", REFUSES)
]


class IdentityProvider(RemoteService):
    """A JWKS URL with one key."""

    def do(self, request: Asked, /) -> tuple[int, Any]:
        key = {**RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "known", "alg": "RS256", "use": "sig"}
        return 200, {"keys": [key]}


@dataclass(frozen=True, kw_only=True)
class RedisUser:
    """A user of a Redis that others use at the same time; only this user may lose the permission to write."""

    client: redis.Redis
    name: str

    def permit_writes(self, permitted: bool) -> None:
        categories = ["+@all"] if permitted else ["+@all", "-@write"]
        self.client.acl_setuser(self.name, enabled=True, nopass=True, keys=["*"], channels=["*"], categories=categories)

    def url_of(self, url: str) -> str:
        parts = urlsplit(url)
        return parts._replace(netloc=f"{self.name}:any@{parts.netloc.rpartition('@')[2]}").geturl()


@dataclass(frozen=True, kw_only=True)
class World:
    """The service with a proxy before each neighbour, a cached order, and a product of the catalogue."""

    app: Flask
    networks: Mapping[str, Proxy]
    redis_user: RedisUser
    order: dict[str, Any] = field(default_factory=dict)

    def begin(self, neighbour: str, state: str) -> None:
        if state == REFUSES:
            self.redis_user.permit_writes(False)
        else:
            STATES[state](self.networks[neighbour])

    def end(self, neighbour: str) -> None:
        self.redis_user.permit_writes(True)
        self.networks[neighbour].restore()

    def ask(self, method: str, path: str, body: object = None, *, kid: str = "known") -> Answer:
        token = jwt.encode(claims("ann"), KEY, algorithm="RS256", headers={"kid": kid})
        sent = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        return ask(self.app, method, path, headers={"Authorization": f"Bearer {token}"}, **sent)


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request, the neighbours without which it fails, and its status with them."""

    send: Callable[[World], Answer]
    needs: frozenset[str] = frozenset()
    status: int = 200


CART_BODY = {"items": [{"sku": "tea"}], "total_price": 1}
SHIPPED = {"userID": "ann", "orderItems": [{"productID": 1, "quantity": 1}]}
SERVICES = frozenset({"postgresql", "catalogue", "shipments"})
REQUESTS = {
    "liveness": Request(send=lambda world: ask(world.app, "GET", "/healthz")),
    "metrics": Request(send=lambda world: ask(world.app, "GET", "/metrics")),
    "document": Request(send=lambda world: ask(world.app, "GET", "/openapi.json")),
    "no token": Request(send=lambda world: ask(world.app, "GET", "/orders/user/ann"), status=401),
    "cached order": Request(send=lambda world: world.ask("GET", f"/orders/{world.order['id']}")),
    "list": Request(send=lambda world: world.ask("GET", "/orders/user/ann?limit=1"), needs=frozenset({"postgresql"})),
    "order": Request(
        send=lambda world: world.ask("POST", "/orders/", CART_BODY), needs=frozenset({"postgresql"}), status=201
    ),
    "shipped order": Request(
        send=lambda world: world.ask("POST", "/ostore/orders", SHIPPED), needs=SERVICES, status=201
    ),
    "unknown key": Request(
        send=lambda world: world.ask("GET", "/orders/user/ann", kid="unknown"), needs=frozenset({"jwks"}), status=401
    ),
}


@pytest.fixture(scope="module")
def world(
    postgres_server: PostgresServer,
    redis_server: RedisServer,
    rabbitmq_server: RabbitServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """One service for all cells, in this process, because a start takes longer than a cell."""
    database = postgres_server.database()
    migrate.upgrade(database)
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patched:
        if not deep():
            patched.setattr(service_client, "RESET_TIMEOUT", 0.5)
        patched.chdir(tmp_path_factory.mktemp("degradation"))
        catalogue = stack.enter_context(CatalogueService())
        shipments, provider = stack.enter_context(ShipmentService()), stack.enter_context(IdentityProvider())
        catalogue.stock(1, quantity=10_000)
        client = stack.enter_context(redis.Redis.from_url(redis_server.url))
        redis_user = RedisUser(client=client, name=f"{redis_server.prefix.rstrip(':')}-degradation")
        stack.callback(client.acl_deluser, redis_user.name)
        redis_user.permit_writes(True)
        urls = {
            "redis": redis_user.url_of(redis_server.url), "rabbitmq": rabbitmq_server.url, "postgresql": database,
            "catalogue": catalogue.url, "shipments": shipments.url, "jwks": provider.url, "smtp": provider.url,
        }  # fmt: skip
        networks = {name: stack.enter_context(Proxy.before(url)) for name, url in urls.items()}
        through = {name: networks[name].through(url) for name, url in urls.items()}
        settings = Settings(
            database_url=through["postgresql"],
            redis_url=through["redis"],
            redis_prefix=f"{redis_server.prefix}degradation:",
            rabbitmq_url=through["rabbitmq"],
            new_order_queue=rabbitmq_server.name("degradation"),
            events_exchange=rabbitmq_server.name("degradation-events"),
            catalog_service_url=through["catalogue"],
            shipment_service_url=through["shipments"],
            jwt_jwks_url=through["jwks"],
            smtp_url=through["smtp"].replace("http:", "smtp:"),
            cart_snapshot_secret=CART_SECRET,
            log_level="ERROR",
        )
        world = World(app=create_app(settings), networks=networks, redis_user=redis_user)
        world.order.update(world.ask("POST", "/orders/", CART_BODY).json)
        yield world
        close(container_of(world.app))


def timed(request: Request, world: World) -> tuple[int, float]:
    begun = time.monotonic()
    status = request.send(world).status_code
    return status, time.monotonic() - begun


def reads_from_cache(world: World) -> bool:
    """Whether the cached order takes no statement: after a fault of Redis its copies are trusted within 10 s only."""
    read: list[str] = []

    def record(*execution: Any) -> None:
        read.append(execution[2])

    event.listen(Engine, "before_cursor_execute", record)
    try:
        REQUESTS["cached order"].send(world)
    finally:
        event.remove(Engine, "before_cursor_execute", record)
    return not any("orders" in statement or "revoked_tokens" in statement for statement in read)


def is_well(world: World) -> bool:
    answers = {name: request.send(world).status_code for name, request in REQUESTS.items()}
    ready = ask(world.app, "GET", "/readyz")
    usual = {name: request.status for name, request in REQUESTS.items()}
    return answers == usual and set(ready.json["checks"].values()) == {"ok"} and reads_from_cache(world)


@dataclass(kw_only=True)
class Cell:
    """The observations while a neighbour was in a state."""

    wrong: dict[str, int] = field(default_factory=dict)
    late: dict[str, float] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        return not self.wrong and not self.late


def observe(world: World, neighbour: str, state: str) -> Cell:
    within(RECOVERY, lambda: is_well(world), "the service is not well before the fault")
    others = {name: request for name, request in REQUESTS.items() if neighbour not in request.needs}
    usual = {name: timed(request, world)[1] for name, request in others.items()}
    needing = [request for request in REQUESTS.values() if neighbour in request.needs]
    waiting = [threading.Thread(target=request.send, args=(world,)) for request in needing]
    cell, ready = Cell(), Request(send=lambda world: ask(world.app, "GET", "/readyz"))

    world.begin(neighbour, state)
    for thread in waiting:
        thread.start()
    try:
        for name, request in others.items():
            status, took = timed(request, world)
            if status != request.status:
                cell.wrong[name] = status
            if took > SLOWEST + 3 * usual[name]:
                cell.late[name] = took
        if (took := timed(ready, world)[1]) > SLOWEST:
            cell.late["readiness"] = took
    finally:
        world.end(neighbour)
    within(RECOVERY, lambda: is_well(world), "the service is not well after the fault")
    for thread in waiting:
        thread.join(RECOVERY)
    assert not any(thread.is_alive() for thread in waiting)
    return cell


@pytest.mark.parametrize(("neighbour", "state"), CELLS)
def test_neighbour_delays_no_request_without_need(world: World, neighbour: str, state: str) -> None:
    """A cell is observed again if it was not clean, because on a busy machine a second neighbour may be late."""
    cells = [observe(world, neighbour, state)]
    while not cells[-1].clean and len(cells) < ATTEMPTS:
        cells.append(observe(world, neighbour, state))

    assert cells[-1].clean, cells
