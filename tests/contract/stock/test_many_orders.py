"""Query cost of many orders on PostgreSQL: no list scans all of them, each page costs the same (clause 002-23)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from psycopg import sql
from sqlalchemy import Engine, event, text

from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_domain import Money, OrderStatus
from orders_domain.model.order_filter import Cursor, OrderFilter
from tests.support.depth import effort
from tests.support.servers.postgresql import vacuum

pytestmark = pytest.mark.clause("002-23")

ORDERS = effort(50_000, 1_000_000)
USERS = ORDERS // 20
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
APART = timedelta(seconds=30_000_000 / ORDERS)  # of nearly a year
PAGE = 20
LIST = ORDERS // 10_000  # orders on a page of the orders of user_0
DEEP_PAGES = ORDERS // 100  # pages
# With few rows a generic plan sorts some thousands of them; with a million it never does.
MOST_BUFFERS_OFTEN = effort(ORDERS // 10, ORDERS // 250)
MAX_BUFFERS = ORDERS // 250  # a quarter of the table, for the rarest filters; nearly all filters read 30 at most

# Nine of ten orders are delivered; some of the newest are pending, and a few are cancelled. One order in a thousand
# belongs to user_0. Amounts are 1 to 500, and in one of 10,000 orders 10,000 or more.
FILL = """
    INSERT INTO users (id, created_at) SELECT 'user_' || n, :first FROM generate_series(0, :users - 1) n;
    INSERT INTO orders
        (id, number, origin, user_id, items, total_minor, currency, status, version, created_at, updated_at)
    SELECT CAST(lpad(to_hex(n), 32, '0') AS uuid), n, 'management',
        'user_' || CASE WHEN n % 1000 = 0 THEN 0 ELSE 1 + (n * 7919) % (:users - 1) END, '[]',
        CASE WHEN n % 10000 = 77 THEN 1000000 + n ELSE 100 + (n * 104729) % 50000 END, 'USD',
        CASE WHEN n > :orders * 0.995 THEN 'PENDING' WHEN n % 500 = 1 THEN 'CANCELED' WHEN n % 100 = 3 THEN 'CONFIRMED'
             WHEN n % 200 = 5 THEN 'PAID' WHEN n % 20 = 7 THEN 'SHIPPED' ELSE 'DELIVERED' END,
        1, :first + n * CAST(:apart AS interval), :first
    FROM generate_series(CAST(1 AS bigint), :orders) n
"""
CONDITIONS: dict[str, dict[str, Any]] = {
    "status": {"statuses": frozenset({OrderStatus.PENDING})},
    "user_id": {"user_id": f"user_{USERS // 10}"},
    "start_date": {"placed_from": FIRST + timedelta(days=100)},
    "end_date": {"placed_before": FIRST + timedelta(days=200)},
    "min_amount": {"min_total": Money(10_000, "USD")},
    "max_amount": {"max_total": Money(20_000, "USD")},
}
HARD: dict[str, dict[str, Any]] = {
    "confirmed, which is two statuses": {"statuses": frozenset({OrderStatus.CONFIRMED, OrderStatus.PAID})},
    "cancelled, which are few and everywhere": {"statuses": frozenset({OrderStatus.CANCELED})},
    "pending, before there were any": {
        "statuses": frozenset({OrderStatus.PENDING}), "placed_before": FIRST + timedelta(days=100)
    },
    "a user with one in a thousand orders": {"user_id": "user_0"},
    "a user with none": {"user_id": "nobody"},
    "the largest amounts": {"min_total": Money(1_000_000, "USD")},
    "an amount that no order has": {"min_total": Money(900_000, "USD"), "max_total": Money(900_001, "USD")},
    "the least amounts": {"max_total": Money(100, "USD")},
    "the future": {"placed_from": FIRST + timedelta(days=1_000)},
    "the past": {"placed_before": FIRST},
    "one day": {"placed_from": FIRST + timedelta(days=50), "placed_before": FIRST + timedelta(days=51)},
    "one day's pending": {
        "statuses": frozenset({OrderStatus.PENDING}),
        "placed_from": FIRST + timedelta(days=50), "placed_before": FIRST + timedelta(days=51),
    },
    "small amounts of another currency": {"min_total": Money(100, "EUR")},
    "large amounts of another currency": {"min_total": Money(1_000_000, "EUR")},
    "at most so much of another currency": {"max_total": Money(50_000, "EUR")},
    "between amounts of another currency": {"min_total": Money(100, "EUR"), "max_total": Money(50_000, "EUR")},
    "a status and amounts of another currency": {
        "statuses": frozenset({OrderStatus.DELIVERED}),
        "min_total": Money(100, "EUR"),
        "max_total": Money(50_000, "EUR"),
    },
    "a day and amounts of another currency": {
        "placed_from": FIRST + timedelta(days=50), "placed_before": FIRST + timedelta(days=51),
        "min_total": Money(100, "EUR"),
    },
    "the largest of a status": {"statuses": frozenset({OrderStatus.CANCELED}), "min_total": Money(1_000_000, "USD")},
}  # fmt: skip


DEEP: dict[str, dict[str, Any]] = {
    "(none)": {},
    "status": {"statuses": frozenset({OrderStatus.DELIVERED})},
    "start_date": {"placed_from": FIRST + timedelta(days=1)},
    "end_date": {"placed_before": FIRST + timedelta(days=300)},
    "both dates": {"placed_from": FIRST + timedelta(days=1), "placed_before": FIRST + timedelta(days=300)},
    "min_amount": {"min_total": Money(10_000, "USD")},
    "status, both dates": {
        "statuses": frozenset({OrderStatus.DELIVERED}),
        "placed_from": FIRST + timedelta(days=1), "placed_before": FIRST + timedelta(days=300),
    },
}  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """The cost of a statement: what it read, and how."""

    buffers: int
    milliseconds: float
    rows: int
    sequential: list[str]
    indexes: list[str]


@dataclass(frozen=True)
class Library:
    """Many orders, and the cost of queries on them."""

    engine: Engine

    def cost(self, order_filter: OrderFilter) -> Cost:
        """The cost of the query as the adapter sends it."""
        statement, values = self._asked(order_filter)
        with self.engine.connect() as connection:
            explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
            return cost_of(connection.exec_driver_sql(explain, values).scalar_one())

    def cost_of_the_twentieth(self, order_filter: OrderFilter) -> Cost:
        """The cost of the twentieth execution, because the server may switch to a generic plan at the sixth."""
        prepared, literals = self._prepared(order_filter)
        with self.engine.connect() as connection:
            connection.exec_driver_sql(f"PREPARE asked AS {prepared}")
            asking = f"EXECUTE asked({', '.join(literals)})".replace("%", "%%")
            for _ in range(19):
                connection.exec_driver_sql(asking)
            plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {asking}").scalar_one()
            connection.exec_driver_sql("DEALLOCATE asked")
        return cost_of(plan)

    def _prepared(self, order_filter: OrderFilter) -> tuple[str, list[str]]:
        """The statement with numbered parameters, and their values as literals."""
        statement, values = self._asked(order_filter)
        names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
        for position, name in enumerate(names, start=1):
            statement = statement.replace(f"%({name})s", f"${position}")
        return statement, [sql.Literal(values[name]).as_string(None) for name in names]

    def _asked(self, order_filter: OrderFilter) -> tuple[str, dict[str, Any]]:
        with noted(self.engine) as sent:
            SqlOrderQueries(self.engine).search(order_filter)
        [statement] = sent
        return statement


def cost_of(explained: list[dict[str, Any]]) -> Cost:
    [result] = explained
    plan = result["Plan"]
    nodes = [node for node in walk(plan) if node["Actual Loops"]]  # the orders have no shipments to read
    return Cost(
        buffers=plan["Shared Hit Blocks"] + plan["Shared Read Blocks"],
        milliseconds=result["Execution Time"],
        rows=plan["Actual Rows"],
        sequential=[node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"],
        indexes=[node["Index Name"] for node in nodes if "Index Name" in node],
    )


@contextmanager
def noted(engine: Engine) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    sent: list[tuple[str, dict[str, Any]]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        sent.append((statement, dict(values)))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def walk(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from walk(inner)


@pytest.fixture(scope="module")
def library(large_postgresql: str) -> Iterator[Library]:
    engine = engines.create(large_postgresql, statement_seconds=0)
    try:
        fill(engine)
        yield Library(engine)
    finally:
        engine.dispose()


def fill(engine: Engine) -> None:
    """Drop indexes and foreign keys first, because they cost minutes per million orders, and seconds afterwards."""
    with engine.begin() as connection:
        later = text("SELECT indexdef FROM pg_indexes WHERE tablename = 'orders' AND indexname LIKE 'ix_%'")
        indexes = connection.scalars(later).all()
        names = connection.scalars(text(later.text.replace("indexdef", "indexname", 1))).all()
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("SET LOCAL synchronous_commit = off"))
        connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
        connection.execute(text(f"DROP INDEX {', '.join(names)}"))
        for statement in FILL.split(";"):
            values = {"first": FIRST, "users": USERS, "orders": ORDERS, "apart": APART}
            connection.execute(text(statement), {name: values[name] for name in values if f":{name}" in statement})
        for index in indexes:
            connection.exec_driver_sql(index)
    vacuum(engine)


SUBSETS = [subset for size in range(7) for subset in combinations(CONDITIONS, size)]


def filter_for(subset: tuple[str, ...]) -> OrderFilter:
    conditions = {name: value for field in subset for name, value in CONDITIONS[field].items()}
    return OrderFilter(limit=PAGE, **conditions)


@pytest.mark.parametrize(
    ("ask", "max_buffers"),
    [(Library.cost, MAX_BUFFERS), (Library.cost_of_the_twentieth, MOST_BUFFERS_OFTEN)],
    ids=["once", "often"],
)
def test_filters_never_scan_all_orders(
    library: Library, ask: Callable[[Library, OrderFilter], Cost], max_buffers: int
) -> None:
    costs = {"+".join(subset) or "(none)": ask(library, filter_for(subset)) for subset in SUBSETS}
    costs |= {name: ask(library, OrderFilter(limit=PAGE, **conditions)) for name, conditions in HARD.items()}

    show(costs)
    assert {name: cost.sequential for name, cost in costs.items() if cost.sequential} == {}
    assert {name: cost for name, cost in costs.items() if cost.buffers > max_buffers} == {}


@pytest.mark.parametrize("ask", [Library.cost, Library.cost_of_the_twentieth], ids=["once", "often"])
@pytest.mark.parametrize("conditions", DEEP.values(), ids=DEEP)
def test_deep_page_costs_the_same_as_first(
    library: Library, conditions: dict[str, Any], ask: Callable[[Library, OrderFilter], Cost]
) -> None:
    first = OrderFilter(limit=PAGE, **conditions)
    deep = replace(first, cursor=behind(library, first, pages=DEEP_PAGES))

    costs = {"page 1": ask(library, first), "far down": ask(library, deep)}

    show(costs)
    assert {cost.rows for cost in costs.values()} == {PAGE + 1}
    assert costs["far down"].buffers <= costs["page 1"].buffers + 20
    assert costs["far down"].sequential == []


def behind(library: Library, order_filter: OrderFilter, *, pages: int) -> Cursor:
    """The cursor of a page far down, found by an offset, whose cost is not measured."""
    conditions = [
        f"user_id = '{order_filter.user_id}'" if order_filter.user_id else "",
        f"status = '{next(iter(order_filter.statuses)).value}'" if order_filter.statuses else "",
        f"created_at < '{order_filter.placed_before}'" if order_filter.placed_before else "",
        f"total_minor >= {order_filter.min_total.minor}" if order_filter.min_total else "",
    ]
    where = " AND ".join(filter(None, conditions)) or "true"
    with library.engine.connect() as connection:
        row = connection.execute(
            text(
                f"SELECT created_at, id FROM orders WHERE {where} "
                f"ORDER BY created_at DESC, id DESC OFFSET {pages * PAGE - 1} LIMIT 1"
            )
        ).one()
    return Cursor(row.created_at, row.id)


def test_pages_return_each_order_once_under_writes(library: Library) -> None:
    conditions: dict[str, Any] = {"user_id": "user_0"}
    with library.engine.connect() as connection:
        count = "SELECT number FROM orders WHERE user_id = 'user_0' ORDER BY created_at DESC, id DESC"
        should = connection.scalars(text(count)).all()

    seen: list[int | None] = []
    page = SqlOrderQueries(library.engine).search(OrderFilter(limit=LIST, **conditions))
    while True:
        seen += [order.number for order in page.orders]
        place(library.engine, ORDERS + len(seen))
        if page.next_cursor is None:
            break
        page = SqlOrderQueries(library.engine).search(OrderFilter(limit=LIST, cursor=page.next_cursor, **conditions))

    assert seen == should
    assert len(seen) == ORDERS // 1_000


def place(engine: Engine, number: int) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO orders "
                "(id, number, origin, user_id, items, total_minor, currency, status, version, created_at, updated_at) "
                "VALUES (CAST(lpad(to_hex(:n), 32, '0') AS uuid), :n, 'orders', 'user_0', '[]', 1, 'USD', 'PENDING', "
                "1, :at, :at)"
            ),
            {"n": number, "at": FIRST + timedelta(days=3_000, seconds=number)},
        )


def show(costs: dict[str, Cost]) -> None:
    """Print the table; pytest shows it with -s and if a test fails."""
    print()
    for name, cost in costs.items():
        how = ", ".join(dict.fromkeys(cost.sequential + cost.indexes))
        print(f"{cost.buffers:>8} buffers {cost.milliseconds:>9.2f} ms {cost.rows:>4} rows  {name}: {how}")
