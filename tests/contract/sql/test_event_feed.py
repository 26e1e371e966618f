"""Position of the event feed: late commits, crossing ids of transactions, plans, and a restore on another server."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from orders_adapters.sql.events.event_feed import SqlEventFeed, has_foreign_positions
from orders_adapters.sql.store_identity import SqlStoreIdentity
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.testing.event_feed import settle
from orders_adapters.testing.examples import ADA, NOON, only, placed
from orders_adapters.testing.stores import StoreHarness
from orders_domain import Order, OrderStatus
from orders_domain.model.feed.cursor import START, FeedCursor
from orders_domain.model.feed.page import FeedFilter
from tests.contract.sql.test_statements import explained, statements
from tests.support.stores import in_database

Key = tuple[UUID, int]
FIRST = -20_000_000  # of the positions of stored orders, which must be below the id of any transaction
FEW, MANY = 2_500, 2_500_000  # orders, each with four events
BEHIND = FeedFilter(limit=50, after=FeedCursor(FIRST, UUID(int=0), 0))
PLACED = (
    '{"origin": "management", "user_id": null, "shipment_id": null, "items": [], "cart": null, '
    '"lines": [[1, 3, 250]], "total_minor": 750, "currency": "USD", "address": null}'
)
SERIES = "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
ORDERS = (
    SERIES
    + """
    INSERT INTO orders (id, number, items, lines, origin, total_minor, currency, status, version, created_at,
                        updated_at)
    SELECT {id}, i, '[]', '[[1, 3, 250]]', 'management', 750, 'USD', 'PENDING', 4, '2026-03-14', '2026-03-14' FROM n
"""
)
ENTRIES = (
    SERIES
    + """
    INSERT INTO order_history (order_id, version, kind, at, actor, role, to_status, details, position)
    SELECT {id}, v.version, CASE v.version WHEN 1 THEN 'placed' ELSE 'annotated' END, '2026-03-14', 'ada', 'customer',
           'PENDING', (CASE v.version WHEN 1 THEN '{placed}' ELSE '{{}}' END){json}, 4 * i + v.version - 20000000
    FROM n CROSS JOIN (SELECT 1 AS version UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) AS v
    ORDER BY i, v.version
"""
)
DIALECT = {
    "postgresql": {"id": "lpad(to_hex(i), 32, '0')::uuid", "json": "::json"},
    "sqlite": {"id": "printf('%032x', i)", "json": ""},
}


def fill(engine: Engine, orders: int, *, first: int = 1) -> None:
    """Insert orders with a history of four entries each, with positions of their own."""
    values = {"first": first, "last": first + orders - 1, "placed": PLACED, **DIALECT[engine.dialect.name]}
    with engine.connect() as connection:
        for statement in (ORDERS, ENTRIES):
            sql = statement.format(**values)
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # no trigger, for speed
            connection.exec_driver_sql(sql)
            connection.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE orders")
        connection.exec_driver_sql("ANALYZE order_history")


def stored(engine: Engine) -> int:
    """The number of orders."""
    with engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM orders")) or 0


def timed(feed: SqlEventFeed, page: FeedFilter) -> float:
    begun = time.perf_counter()
    assert len(feed.read(page).entries) == page.limit
    return time.perf_counter() - begun


class Reader:
    """A consumer of the feed that stores its cursor, and reads one event at a time."""

    def __init__(self, engine: Engine) -> None:
        self.feed, self.after = SqlEventFeed(engine), START
        self.read: list[Key] = []

    def drain(self) -> list[Key]:
        """Return the events that have become readable."""
        new = list(self._new())
        self.read += new
        return new

    def _new(self) -> Iterator[Key]:
        page = self.feed.read(FeedFilter(after=self.after, limit=1))
        while page.entries:
            self.after = page.end
            yield page.entries[0].event.order_id, page.entries[0].event.version
            page = self.feed.read(FeedFilter(after=self.after, limit=1))


@pytest.fixture
def store(on_postgresql: Engine) -> StoreHarness:
    return in_database(on_postgresql)


def pay(uow: SqlUnitOfWork, order: Order, to: OrderStatus) -> None:
    present = uow.orders.get_for_update(order.id)
    present.change_status(only(to), by=ADA, at=NOON)
    uow.orders.save(present)


def test_late_commit_is_not_skipped(on_postgresql: Engine, store: StoreHarness) -> None:
    first, reader, late, early, never = store.placed(), Reader(on_postgresql), placed(), placed(), placed()
    settle(store)
    reader.drain()
    with SqlUnitOfWork(on_postgresql) as slow:
        slow.orders.add(late)
        with SqlUnitOfWork(on_postgresql) as aborted:
            aborted.orders.add(never)
        store.add(early)

        assert reader.drain() == []
        slow.commit()

    last = store.placed()
    settle(store)
    reader.drain()
    assert reader.read == [(order_id, 1) for order_id in (first.id, late.id, early.id, last.id)]


def test_versions_ascend_although_ids_of_transactions_cross(on_postgresql: Engine, store: StoreHarness) -> None:
    order, other, reader = store.placed(), placed(), Reader(on_postgresql)
    with SqlUnitOfWork(on_postgresql) as slow:
        slow.orders.add(other)  # so that it has an id before it locks the order
        store.changed(order, OrderStatus.PAID)
        pay(slow, order, OrderStatus.SHIPPED)
        pay(slow, order, OrderStatus.DELIVERED)
        slow.commit()

    settle(store)
    reader.drain()

    assert sorted(reader.read) == sorted([(other.id, 1), *((order.id, version) for version in range(1, 5))])
    assert [version for order_id, version in reader.read if order_id == order.id] == [1, 2, 3, 4]


def test_writers_and_restarted_readers_miss_nothing(on_postgresql: Engine, store: StoreHarness) -> None:
    """Transactions that are held open and commit in every order; a reader resumes after each commit."""
    orders = [store.placed() for _ in range(4)]
    reader, expected = Reader(on_postgresql), {(order.id, 1) for order in orders}
    open_: list[tuple[SqlUnitOfWork, set[Key]]] = []
    for number in range(12):
        uow = SqlUnitOfWork(on_postgresql)
        uow.__enter__()
        new = placed()
        uow.orders.add(new)
        open_.append((uow, {(new.id, 1)}))
        if number % 3 == 2:  # the second oldest commits first, then the youngest, then the oldest
            for place in (1, -1, 0):
                committing, keys = open_.pop(place)
                committing.commit()
                expected |= keys
                resumed = Reader(on_postgresql)
                resumed.after, resumed.read = reader.after, reader.read
                resumed.drain()
                reader = resumed
                assert set(reader.read) <= expected

    settle(store)
    reader.drain()
    assert len(reader.read) == len(set(reader.read))
    assert set(reader.read) == expected


@pytest.mark.parametrize("conditions", [{}, {"types": {"orders.order_held.v1"}}, {"order": UUID(int=1)}, {"order": 7}])
def test_page_is_read_from_an_index(engine: Engine, conditions: dict[str, Any]) -> None:
    if not stored(engine):
        fill(engine, 1_000)
    with statements(engine) as sent:
        page = SqlEventFeed(engine).read(replace(BEHIND, **conditions))

    assert bool(page.entries) == ("types" not in conditions)
    plans = [explained(engine, statement).lower() for statement in dict.fromkeys(sent)]
    assert len(plans) == 1 + bool(page.entries)
    for plan in plans:
        assert "ix_order_history_position_order_id_version" in plan or "order_id" in plan, plan
        assert not re.search(r"\bsort\b|temp b-tree|(seq scan on|scan) order_history$", plan, re.MULTILINE), plan


@pytest.mark.alone
@pytest.mark.deep
@pytest.mark.timeout(2_400)
def test_page_costs_the_same_at_any_size(large_postgresql: str, connect: Callable[..., Engine]) -> None:
    engine, unlimited = connect(large_postgresql), connect(large_postgresql, statement_seconds=0)
    costs = {}
    for orders in (FEW, MANY):
        fill(unlimited, orders, first=stored(engine) + 1)
        middle = FeedCursor(FIRST + 2 * stored(engine), UUID(int=0), 0)
        feed = SqlEventFeed(engine)
        pages = [FeedFilter(limit=100, after=replace(middle, position=middle.position + n)) for n in range(200)]
        times = [timed(feed, page) for page in pages]
        costs[orders] = sorted(times)[len(times) // 2]

    print({orders: f"{1000 * cost:.2f} ms" for orders, cost in costs.items()})
    assert costs[MANY] < 1.3 * costs[FEW]


def test_dump_of_another_server_is_readable_after_its_restore(on_postgresql: Engine, store: StoreHarness) -> None:
    order = store.placed()
    store.changed(order, OrderStatus.PAID)
    settle(store)
    with on_postgresql.begin() as connection:
        connection.execute(text("UPDATE order_history SET position = position + 1000000000000"))
    hidden = Reader(on_postgresql).drain()

    assert (hidden, has_foreign_positions(on_postgresql)) == ([], True)
    SqlStoreIdentity(on_postgresql).renew(gap=1)
    store.changed(order, OrderStatus.SHIPPED)
    settle(store)

    assert Reader(on_postgresql).drain() == [(order.id, 1), (order.id, 2), (order.id, 3)]
    assert not has_foreign_positions(on_postgresql)
