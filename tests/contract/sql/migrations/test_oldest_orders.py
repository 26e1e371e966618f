"""Orders in the form of the first migrations: each is read, and rebuilt of its history, after all migrations; and back.

Orders of described items are stored when the database has the tables of migration 0001, those of products with 0002.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from sqlalchemy import JSON, DateTime, Engine, TableClause, Uuid, column, insert, select, table, text

from orders_adapters.sql import migrate
from orders_adapters.sql.consistency.store import SqlConsistencyChecks
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.sharding import shard_of
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_domain.model.consistency.finding import Finding
from orders_domain.model.events import EVENT_TYPES
from orders_domain.model.order import Order, rebuild
from tests.contract.sql.migrations.test_life_migration import LIVES
from tests.support.depth import effort

ORDERS = effort(60, 100_000)
"""Half of them are of items, the others of products; each has one of the five lives."""
SAMPLE = effort(1, 251)  # the distance of the orders that are compared one by one
BATCH = 1_000
STOCK = 10**9
AT = datetime(2025, 3, 14, tzinfo=UTC)
ITEMS = [{"title": "Wörterbuch", "quantity": 2, "unit_price": 1.25}, {"title": "Card", "qty": 5, "price": 1}]
LINES = [[1, 3, 250]]


def typed(name: str, columns: str) -> TableClause:
    """The columns of a table whose name says their type."""
    types: dict[str, Any] = dict.fromkeys(("id", "order_id", "event_id"), Uuid())
    types |= dict.fromkeys(("at", "created_at", "updated_at", "placed_at", "due_at"), DateTime(timezone=True))
    types |= dict.fromkeys(("items", "lines", "details", "data"), JSON())
    return table(name, *(column(each, types.get(each)) for each in columns.split()))


ORDER = "id number user_id items total_minor currency status version created_at updated_at"
OF_ITEMS = typed("orders", ORDER)
OF_PRODUCTS = typed("orders", f"{ORDER} lines")
HISTORY = typed("order_history", "order_id version what at actor role from_status to_status details")
OUTBOX = typed("outbox", "event_id order_id version type at data shard state attempts due_at")
ORDER_ITEMS = typed("order_items", "order_id position product_id quantity unit_price_minor subtotal_minor placed_at")
MOVEMENTS = typed("stock_movements", "product_id order_id kind quantity actor at")
PRODUCT = """
    INSERT INTO products (id, sku, name, price_minor, currency, stock_quantity, low_stock_threshold, created_at)
    VALUES (1, 'TEA', 'Tea', 250, 'USD', :stock, 0, :at)
"""
STORED: dict[str, tuple[TableClause, str]] = {
    "orders": (OF_PRODUCTS, "number"),
    "order_history": (HISTORY, "order_id, version"),
    "outbox": (OUTBOX, "id"),
    "order_items": (ORDER_ITEMS, "order_id"),
    "stock_movements": (MOVEMENTS, "id"),
}
"""The tables that must be the same after an upgrade and a downgrade, and the sequence of their rows."""


def statuses_of(number: int) -> list[str]:
    return LIVES[number % len(LIVES) + 1][0]


def rows_of(number: int) -> Iterator[tuple[TableClause, dict[str, Any]]]:
    """The rows of an order, of products if its number is in the upper half."""
    order_id, statuses, of_products = UUID(int=number), statuses_of(number), number > ORDERS // 2
    content = {"items": [] if of_products else ITEMS, "lines": LINES if of_products else []}
    placed = {"user_id": "ann", **content, "total_minor": 750, "currency": "USD"}
    state = {"status": statuses[-1], "version": len(statuses), "created_at": AT}
    row = {"id": order_id, "number": number, **placed, **state, "updated_at": AT + timedelta(hours=len(statuses) - 1)}
    yield (OF_PRODUCTS, row) if of_products else (OF_ITEMS, {name: row[name] for name in ORDER.split()})
    for version, status in enumerate(statuses, start=1):
        before, at = statuses[version - 2] if version > 1 else None, AT + timedelta(hours=version - 1)
        what = "placed" if version == 1 else "canceled" if status == "CANCELED" else "status_changed"
        change = {"order_id": order_id, "version": version, "at": at}
        entry = {"what": what, "actor": "ann", "role": "customer", "from_status": before, "to_status": status}
        yield HISTORY, {**change, **entry, "details": {**placed, "address": None} if version == 1 else {}}
        data = {"order_id": str(order_id), "status": status, "previous_status": before}
        event = {"event_id": uuid5(order_id, str(version)), "type": EVENT_TYPES[what], "data": data}
        yield OUTBOX, {**change, **event, "shard": shard_of(order_id), "state": "sent", "attempts": 1, "due_at": at}
    if of_products:
        item = {"order_id": order_id, "position": 0, "product_id": 1, "quantity": 3, "unit_price_minor": 250}
        yield ORDER_ITEMS, {**item, "subtotal_minor": 750, "placed_at": AT}
        taken = {"product_id": 1, "order_id": order_id, "actor": "ann", "at": AT}
        yield MOVEMENTS, {**taken, "kind": "taken", "quantity": -3}
        if statuses[-1] == "CANCELED":
            yield MOVEMENTS, {**taken, "kind": "given_back", "quantity": 3}


def fill(address: str, engine: Engine) -> None:
    migrate.upgrade(address, "0001")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO users (id, created_at) VALUES ('ann', :at)"), {"at": AT})
    store(engine, range(1, ORDERS // 2 + 1))
    migrate.upgrade(address, "0002")
    with engine.begin() as connection:
        connection.execute(text(PRODUCT), {"stock": STOCK, "at": AT})
        initial = {"product_id": 1, "order_id": None, "kind": "initial", "quantity": STOCK, "actor": "root", "at": AT}
        connection.execute(insert(MOVEMENTS), initial)
    store(engine, range(ORDERS // 2 + 1, ORDERS + 1))
    with engine.begin() as connection:
        connection.execute(text("UPDATE products SET stock_quantity = (SELECT sum(quantity) FROM stock_movements)"))
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT setval('order_numbers', :last)"), {"last": ORDERS})


def store(engine: Engine, numbers: range) -> None:
    for first in range(0, len(numbers), BATCH):
        rows: dict[TableClause, list[dict[str, Any]]] = {}
        for number in numbers[first : first + BATCH]:
            for of_table, row in rows_of(number):
                rows.setdefault(of_table, []).append(row)
        with engine.begin() as connection:
            for of_table, values in rows.items():
                connection.execute(insert(of_table), values)


def contents(engine: Engine) -> dict[str, int]:
    """A hash of all rows of each table, as migration 0002 has them.

    Without a transaction, because the server ends one that is idle while a table is hashed on a busy machine.
    """
    with engines.autocommit(engine).connect() as connection:
        return {
            name: hash(tuple(str(row) for row in connection.execute(select(of_table).order_by(text(order)))))
            for name, (of_table, order) in STORED.items()
        }


def findings(engine: Engine) -> list[Finding]:
    """The findings of `orders doctor` in all areas, once the words of the orders are stored."""
    after: UUID | None = UUID(int=0)
    while after is not None:
        with SqlUnitOfWork(engine) as uow:
            after = uow.orders.store_words(after=after, limit=BATCH)
            uow.commit()
    checks, found = SqlConsistencyChecks(engine), list[Finding]()
    for area in checks.areas:
        examined = checks.examine(area, after=None, now=AT)
        found += examined.findings
        while examined.last is not None:
            examined = checks.examine(area, after=examined.last, now=AT)
            found += examined.findings
    return found


def require_read(order: Order, number: int) -> None:
    """Check the parts of the order that its first form has."""
    statuses = statuses_of(number)
    assert (order.id, order.number, order.user_id) == (UUID(int=number), number, "ann")
    assert (order.status.value, order.version, order.total.minor) == (statuses[-1], len(statuses), 750)
    assert (order.created_at, order.updated_at) == (AT, AT + timedelta(hours=len(statuses) - 1))
    of_products = number > ORDERS // 2
    assert [item.content for item in order.items] == ([] if of_products else ITEMS)
    assert [[line.product_id, line.quantity, line.unit_price.minor] for line in order.lines] == (
        LINES if of_products else []
    )


@pytest.mark.timeout(effort(300, 3_600))
def test_oldest_orders_pass_all_migrations(
    address: str, connect: Callable[..., Engine], capsys: pytest.CaptureFixture[str]
) -> None:
    engine = connect(address, statement_seconds=0)
    fill(address, engine)
    before, seconds = contents(engine), [time.monotonic()]

    migrate.upgrade(address)

    seconds.append(time.monotonic())
    assert migrate.check(address) == []
    with engine.connect() as connection:
        axes = connection.execute(
            text("SELECT origin, status, payment_status, fulfillment_status, count(*) FROM orders GROUP BY 1, 2, 3, 4")
        ).all()
    assert {tuple(row[:4]): row[4] for row in axes} == Counter(
        ("management" if number > ORDERS // 2 else "orders", *[life[0][-1], *life[1:]])
        for number in range(1, ORDERS + 1)
        for life in [LIVES[number % len(LIVES) + 1]]
    )
    queries = SqlOrderQueries(engine)
    for number in range(1, ORDERS + 1, SAMPLE):
        order = queries.get(number)
        require_read(order, number)
        assert rebuild(queries.history(number), number=number) == order
    assert findings(engine) == []

    seconds.append(time.monotonic())
    migrate.downgrade(address, "0002")
    seconds.append(time.monotonic())
    assert contents(engine) == before
    with capsys.disabled():
        if ORDERS > BATCH:
            up, down = seconds[1] - seconds[0], seconds[3] - seconds[2]
            print(f"\n{engine.dialect.name}: {ORDERS:,} orders from 0001 up in {up:.1f} s, down in {down:.1f} s")
