"""Costs of an order of three products in CPU, bytes, log and messages: ``python -m benchmarks.cost`` prints them."""

import os
import random
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import psycopg
from tests.support.servers.rabbitmq import RabbitServer
from tests.torture.load.buyers import ADDRESS as BODY

from benchmarks import machine, servers, shop
from benchmarks.load import drive
from benchmarks.subjects import _meter, _wait_until_published
from orders_adapters.sql.direct_placement import SqlDirectPlacement
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.system.clock import now
from orders_adapters.system.ids import UuidSequence
from orders_domain import Actor, Role, use_cases
from orders_domain.model.address import Address
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.product import ProductId, RequestedItem
from orders_flask.settings import Settings

STORED = 100_000
PLACED = 2_000
"""The orders that are placed; they are copied until there are as many as shall be stored."""
WRITERS = 4
ADDRESS = Address(line1="123 Main St", city="New York", state="NY", postal_code="10001", country="USA")
SYNC_SECONDS = 2.0
SIZES = (
    "SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class "
    "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)


@click.command()
@click.option("--orders", default=STORED, show_default=True, help="The orders whose bytes are measured.")
@click.option("--seconds", default=10.0, show_default=True, help="The seconds in which the service's CPU is measured.")
def main(orders: int, seconds: float) -> None:
    """Measure what an order of three products with an idempotency key costs.

    The servers are those of `python -m benchmarks`. First the service as shipped places orders and publishes their
    events. Then further orders are placed in processes without HTTP, and copied with all their rows until there are
    as many as `--orders` says, because the pages of a few orders are mostly empty.
    """
    click.echo(f"{machine.description()}\n")
    with tempfile.TemporaryDirectory(prefix="orders-cost-") as folder, ExitStack() as stack:
        started = stack.enter_context(servers.started())
        opened = stack.enter_context(shop.opened(started, Path(folder)))
        click.echo(f"{started.versions}\n")
        _table("CPU, log and messages, by the service with its relay", _serving(opened, seconds))
        _table(f"{orders} orders stored, without HTTP", _storing(started.database_url(shop.ALONE), opened, orders))
        _table("the disk", _syncing(Path(folder)))


def _table(title: str, rows: Mapping[str, float]) -> None:
    click.echo(f"| {title} | |\n| --- | ---: |")
    click.echo(
        "".join(
            f"| {name} | {value:,.0f} |\n" if value >= 10 else f"| {name} | {value:.2f} |\n"
            for name, value in rows.items()
        )
    )


def _serving(opened: shop.Shop, seconds: float) -> Mapping[str, float]:
    """Place orders over HTTP and wait until their events are published; return the costs of an order."""
    url = opened.servers.database_url(shop.RELAYED)
    relayed = opened.relayed
    meter = _meter(opened, program=relayed.get_pid)
    drive(relayed.port, _keyed(), seconds=1)
    _wait_until_published(url)
    with psycopg.connect(url, autocommit=True) as connection:
        messages = _messages(opened)
        wal, events, sent = _wal(connection), _scalar(connection, "SELECT count(*) FROM outbox"), messages()
        stop = meter.start()
        orders = drive(relayed.port, _keyed(), seconds=seconds)
        _wait_until_published(url)
        usage = stop()
        costs = {f"µs of CPU: {name}": cpu * 1e6 / orders for name, cpu in usage.cpu.items()}
        costs["bytes of write-ahead log, with the publication"] = (_wal(connection) - wal) / orders
        costs["events"] = (_scalar(connection, "SELECT count(*) FROM outbox") - events) / orders
        costs["messages to RabbitMQ"] = (messages() - sent) / orders
    return costs | {"orders": orders, "share of the machine that others took, %": usage.others * 100}


def _keyed() -> Iterator[bytes]:
    chance = random.Random(5)
    for user in shop._users():
        items = [{"product_id": product, "quantity": 1} for product in chance.sample(range(1, shop.PRODUCTS + 1), 3)]
        body = {**BODY, "order_items": items}
        yield shop._post("/api/v1/orders/", body, user=user, key=str(uuid.uuid4()))


def _messages(opened: shop.Shop) -> Callable[[], int]:
    """Bind a queue to the exchange of events; return the function that counts its messages and those of the tasks."""
    if opened.servers.rabbit is None:
        return lambda: 0
    broker, settings = RabbitServer(opened.servers.rabbit.url), Settings()
    with broker.channel() as channel:
        channel.queue_declare("cost", durable=True)
        channel.queue_bind("cost", settings.events_exchange, "#")

    def count() -> int:
        with broker.channel() as channel:
            queues = ("cost", settings.new_order_queue)
            return sum(channel.queue_declare(queue, passive=True).method.message_count for queue in queues)

    return count


def _storing(url: str, opened: shop.Shop, orders: int) -> Mapping[str, float]:
    """Place orders in processes, half of them with whole pages in the log, and copy them; return the costs of one."""
    each = PLACED // 2 // WRITERS
    meter = machine.Meter({"PostgreSQL": lambda: servers.pid_of(opened.servers.postgres)})
    costs: dict[str, float] = {}
    with psycopg.connect(url, autocommit=True) as connection, ProcessPoolExecutor(WRITERS) as processes:
        before, first = _sizes(connection), shop.count_orders(connection)
        for pages in ("off", "on"):
            connection.execute(f"ALTER SYSTEM SET full_page_writes = {pages}")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CHECKPOINT")
            wal, stop = _wal(connection), meter.start()
            list(processes.map(_place, [url] * WRITERS, [each] * WRITERS, range(WRITERS)))
            cpu = stop().cpu["PostgreSQL"]
            costs[f"bytes of write-ahead log, full_page_writes {pages}"] = (_wal(connection) - wal) / each / WRITERS
            costs[f"µs of CPU of PostgreSQL, full_page_writes {pages}"] = cpu * 1e6 / each / WRITERS
        shop.copy_orders(connection, orders)
        connection.execute("VACUUM")  # which also empties the pending list of the words
        total = shop.count_orders(connection) - first
        after = _sizes(connection)
    for name, sizes in after.items():
        for kind, size, then in zip(("table", "indexes"), sizes, before[name], strict=True):
            if size - then > total:  # more than a byte an order
                costs[f"bytes of {name}, {kind}"] = (size - then) / total
    costs["bytes in all"] = sum(sum(after[name]) - sum(before[name]) for name in after) / total
    return costs


def _place(url: str, orders: int, seed: int) -> None:
    """Place orders as a web process does, without waiting for the disk."""
    os.environ["PGOPTIONS"] = "-c synchronous_commit=off"
    engine = engines.create(url)
    direct = SqlDirectPlacement(engine, on_commit=lambda: None)
    chance, new_id = random.Random(seed), UuidSequence()
    for _ in range(orders):
        actor = Actor(subject=f"user-{chance.randint(1, shop.USERS)}", role=Role.CUSTOMER)
        key = IdempotencyKey(subject=actor.subject, scope="management", key=str(uuid.uuid4()), fingerprint="f" * 64)
        chosen = chance.sample(range(1, shop.PRODUCTS + 1), 3)
        request = use_cases.PlaceCatalogOrder(
            actor=actor,
            requested_items=tuple(RequestedItem(product_id=ProductId(product), quantity=1) for product in chosen),
            address=ADDRESS,
            user_id=actor.subject,
            idempotency_key=key,
        )
        unit = SqlUnitOfWork(engine)
        use_cases.place_catalog_order(request, uow=unit, clock=now, new_id=new_id, direct=direct)
    engine.dispose()


def _sizes(connection: psycopg.Connection[Any]) -> Mapping[str, tuple[int, int]]:
    return {name: (table, indexes) for name, table, indexes in connection.execute(SIZES)}


def _wal(connection: psycopg.Connection[Any]) -> int:
    return _scalar(connection, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")


def _scalar(connection: psycopg.Connection[Any], query: str) -> int:
    ((value,),) = connection.execute(query.encode()).fetchall()
    return int(value)


def _syncing(folder: Path) -> Mapping[str, float]:
    """Write pages to the disk as the write-ahead log does, one after the other; return the rate."""
    written, began = 0, time.monotonic()
    with (folder / "pages").open("wb", buffering=0) as file:
        file.write(bytes(16 << 20))
        while time.monotonic() - began < SYNC_SECONDS:
            file.seek(written % 2048 * 8192)
            file.write(bytes(8192))
            os.fdatasync(file.fileno())
            written += 1
    return {"fdatasync of 8 KiB a second": written / (time.monotonic() - began)}


if __name__ == "__main__":
    main()
