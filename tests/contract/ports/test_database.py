"""Contract of the databases alone: constraints, and locks that a killed relay releases."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from orders_adapters.testing.examples import ADA, GRACE, NOON, only, placed
from orders_adapters.testing.threads import at_once
from orders_domain import CustomItem, Order, OrderStatus
from orders_domain.errors import StoreContention, StoreUnavailable
from orders_domain.model.order_filter import OrderFilter
from tests.support.stores import in_database


@pytest.mark.clause("000-01")
def test_orders_table_has_specified_columns(engine: Engine) -> None:
    tables = inspect(engine)

    columns = {column["name"]: column for column in tables.get_columns("orders")}
    (key,) = tables.get_foreign_keys("orders")
    for name in ("id", "items", "total_minor", "currency", "status", "created_at"):
        assert columns[name]["nullable"] is False
    assert columns["user_id"]["nullable"] is True  # an order of a guest through the contract checkout
    assert (key["constrained_columns"], key["referred_table"], key["referred_columns"]) == (
        ["user_id"],
        "users",
        ["id"],
    )
    assert tables.get_pk_constraint("orders")["constrained_columns"] == ["id"]


@pytest.mark.clause("000-02")
def test_order_is_found_by_id_and_user(engine: Engine) -> None:
    store = in_database(engine)
    mine = store.placed(by=ADA)
    store.placed(by=GRACE)

    assert store.queries.get(mine.id) == mine
    assert store.queries.search(OrderFilter(user_id="ada")).orders == (mine,)


IMPOSSIBLE = {
    "status unknown": "UPDATE orders SET status = 'SHREDDED'",
    "status in small letters": "UPDATE orders SET status = 'paid'",
    "status empty": "UPDATE orders SET status = ''",
    "status null": "UPDATE orders SET status = NULL",
    "total below nothing": "UPDATE orders SET total_minor = -1",
    "total too large": "UPDATE orders SET total_minor = 1000000000001",
    "currency of two letters": "UPDATE orders SET currency = 'US'",
    "version 0": "UPDATE orders SET version = 0",
    "user unknown": "UPDATE orders SET user_id = 'nobody'",
    "items null": "UPDATE orders SET items = NULL",
    "history: status unknown": "UPDATE order_history SET to_status = 'SHREDDED'",
    "history: status before unknown": "UPDATE order_history SET from_status = 'SHREDDED'",
    "history: role unknown": "UPDATE order_history SET role = 'king'",
    "history: a version twice": "INSERT INTO order_history SELECT * FROM order_history",
    "outbox: state unknown": "UPDATE outbox SET state = 'lost'",
    "orders that vanish and leave their history": "DELETE FROM orders",
    "users that vanish and leave their orders": "DELETE FROM users",
}


@pytest.mark.clause("000-03")
@pytest.mark.parametrize("statement", IMPOSSIBLE.values(), ids=list(IMPOSSIBLE))
def test_database_rejects_invalid_values(engine: Engine, statement: str) -> None:
    store = in_database(engine)
    order = store.placed()

    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text(statement))

    assert store.queries.get(order.id) == order


@pytest.mark.clause("000-03")
def test_database_rejects_unknown_status(engine: Engine) -> None:
    in_database(engine).placed()
    columns = "number, origin, user_id, items, total_minor, currency, version, created_at, updated_at"
    copied = columns.replace("number", "number + 1")
    other_id = "'018f0000-0000-7000-8000-000000000000'" if engine.dialect.name == "sqlite" else "gen_random_uuid()"

    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(
            text(f"INSERT INTO orders (id, status, {columns}) SELECT {other_id}, 'UNKNOWN', {copied} FROM orders")
        )


DIES = """
import os, sys
from datetime import datetime, UTC
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.outbox.repository import SqlOutbox
outbox = SqlOutbox(engines.create(sys.argv[1]))
now = datetime(2027, 1, 1, tzinfo=UTC)
(shard,) = outbox.due_shards(now)
with outbox.claim(shard, now=now, limit=500) as claim:
    print("held" if claim is not None else "refused", flush=True)
    sys.stdin.read()
"""


def test_killed_relay_releases_its_shard(engine: Engine) -> None:
    store = in_database(engine)
    store.placed()
    outbox, now = store.outbox(), NOON.replace(year=2027)
    (shard,) = outbox.due_shards(now)
    url = engine.url.render_as_string(hide_password=False)
    with subprocess.Popen(
        [sys.executable, "-c", DIES, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as relay:
        assert relay.stdout is not None
        assert relay.stdout.readline() == "held\n"
        with outbox.claim(shard, now=now, limit=500) as claim:
            assert claim is None

        os.kill(relay.pid, signal.SIGKILL)
        relay.wait(10)

    count = 0
    for _ in range(50):  # the server needs a moment to notice
        with outbox.claim(shard, now=now, limit=500) as claim:
            count = len(claim.messages) if claim is not None else 0
        if count:
            break
        time.sleep(0.05)
    assert count == 1


def test_crossing_order_locks_do_not_hang(postgresql: Engine) -> None:
    store = in_database(postgresql)
    lamp, cable = store.placed(), store.placed()

    def change_both(first: Order, second: Order) -> str:
        with store.unit_of_work() as uow:
            for order in (first, second):
                held = uow.orders.get_for_update(order.id)
                held.change_status(only(OrderStatus.PAID), by=ADA, at=NOON)
                uow.orders.save(held)
                time.sleep(0.2)
            uow.commit()
        return "done"

    results = at_once(lambda: change_both(lamp, cable), lambda: change_both(cable, lamp))

    assert "done" in results
    assert any(isinstance(result, StoreContention) for result in results)
    assert [len(store.queries.history(order.id)) for order in (lamp, cable)] == [2, 2]


def test_full_disk_rolls_back_the_order(sqlite: Engine) -> None:
    store = in_database(sqlite)
    stored = store.placed()
    with sqlite.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    new = placed(lines=tuple(CustomItem({"line": number, "note": "x" * 100}) for number in range(1_000)))
    with store.unit_of_work() as uow:
        uow._open.exec_driver_sql(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]
        with pytest.raises(StoreUnavailable):
            uow.orders.add(new)

    assert [message.event.order_id for message in store.events()] == [stored.id]


def test_sqlite_store_is_one_file_and_companions(sqlite: Engine) -> None:
    in_database(sqlite).placed()

    directory = Path(str(sqlite.url.database)).parent
    assert {file.name for file in directory.iterdir()} <= {
        "orders.db",
        "orders.db-wal",
        "orders.db-shm",
        "orders.db.relay",
    }
