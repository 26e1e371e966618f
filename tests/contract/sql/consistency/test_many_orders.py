"""Many orders without a fault: no finding, and the same number of statements for each batch."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, Table, event, insert, text, update

from orders_adapters.sql import tables
from orders_adapters.sql.consistency.found import BATCH
from orders_adapters.sql.consistency.store import SqlConsistencyChecks
from orders_adapters.sql.engine.bulk_insert import insert_rows
from orders_adapters.sql.mappers import entry_values, event_values, item_values, order_values, stored_counter_values
from orders_adapters.testing.examples import ADA, ADMIN, new_id, only
from orders_domain import Money, Order, OrderStatus, Origin
from orders_domain.model.consistency.finding import Finding, Key
from orders_domain.model.events import event_for
from orders_domain.model.life import changes
from orders_domain.model.life.taken_units import taken_units
from orders_domain.model.order import rebuild
from orders_domain.model.product import OrderLine
from orders_domain.model.product_audit import MovementKind
from tests.support.depth import effort
from tests.support.stores import copied_sqlite

ORDERS = effort(BATCH + 1, 100_000)
PRODUCTS = range(1, 21)
STOCK = 10**9


@pytest.fixture(params=["postgresql", "sqlite"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, connect: Callable[..., Engine]) -> Engine:
    """A database of its own, because the next test would wait for the deletion of so many rows."""
    if request.param == "sqlite":
        return connect(copied_sqlite(request.getfixturevalue("migrated_sqlite"), tmp_path))
    return connect(request.getfixturevalue("large_postgresql"))


@pytest.mark.timeout(effort(60, 1_800))
def test_many_orders_have_no_finding(engine: Engine) -> None:
    fill(engine)
    checks, statements = SqlConsistencyChecks(engine), Counter[int]()

    def count(*_: Any) -> None:
        statements[batches] += 1

    event.listen(engine, "before_cursor_execute", count)
    found: list[Finding] = []
    after: Key | None = None
    batches, began = 0, time.monotonic()
    while batches == 0 or after is not None:
        examined = checks.examine("orders", after=after, now=datetime.now(UTC))
        found += examined.findings
        batches, after = batches + 1, examined.last
    rest = [checks.examine(area, after=None, now=datetime.now(UTC)) for area in checks.areas[1:]]

    seconds = time.monotonic() - began
    print(f"{engine.dialect.name}: {ORDERS:,} orders in {seconds:.1f} s")
    assert (found, [each for area in rest for each in area.findings]) == ([], [])
    assert batches == ORDERS // BATCH + 1  # the last has the rest, or nothing
    assert statements[0] <= 20
    assert len({statements[number] for number in range(batches - 1)}) == 1, statements


def fill(engine: Engine) -> None:
    """Store orders of two products each, of which most are paid and many shipped, and some are canceled in part."""
    chance, taken = Random(20261128), Counter[int]()
    start = datetime.now(UTC)
    with engine.begin() as connection:
        for product in PRODUCTS:
            values = {"id": product, "sku": str(product), "name": "Tea", "price_minor": 500, "currency": "USD"}
            values |= {"stock_quantity": STOCK, "low_stock_threshold": 0, "created_at": start}
            connection.execute(insert(tables.products).values(values))
            ledger = {"product_id": product, "kind": MovementKind.INITIAL, "quantity": STOCK, "actor": "root"}
            connection.execute(insert(tables.stock_movements).values(ledger | {"at": start}))
    for first in range(1, ORDERS + 1, 1_000):
        orders = [lived(chance, number) for number in range(first, min(first + 1_000, ORDERS + 1))]
        with engine.begin() as connection:
            for table, rows in stored(orders, taken).items():
                insert_rows(connection, table, rows if engine.dialect.name == "sqlite" else list(map(plain, rows)))
    with engine.begin() as connection:
        for product in PRODUCTS:
            changed = update(tables.products).where(tables.products.c.id == product)
            connection.execute(changed.values(stock_quantity=STOCK - taken[product]))
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT setval('order_numbers', :last)"), {"last": ORDERS})


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its ids as texts, as JSON has them."""
    return {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}


def lived(chance: Random, number: int) -> Order:
    at = datetime.now(UTC) - timedelta(days=chance.random() * 5)
    lines = tuple(
        OrderLine(product_id=product, quantity=chance.randint(2, 5), unit_price=Money(500, "USD"))
        for product in sorted(chance.sample(PRODUCTS, 2))
    )
    total = Money(sum(line.subtotal.minor for line in lines), "USD")
    order = Order.place(order_id=new_id(), origin=Origin.MANAGEMENT, lines=lines, total=total, by=ADA, at=at)
    order.number = number
    if chance.random() < 0.1:
        changes.cancel(order, {1: 1}, "late", by=ADMIN, at=at)
    for status in (OrderStatus.CONFIRMED, OrderStatus.PAID, OrderStatus.SHIPPED)[: chance.randrange(4)]:
        order.change_status(only(status), by=ADMIN, at=at)
    return order


def stored(orders: Sequence[Order], taken: Counter[int]) -> dict[Table, list[dict[str, Any]]]:
    """The rows of the orders, as the service stores them; ``taken`` counts the units of each product."""
    rows: dict[Table, list[dict[str, Any]]] = defaultdict(list)
    for order in orders:
        rows[tables.orders].append(order_values(order) | {"number": order.number})
        rows[tables.order_history] += map(entry_values, order.new_entries)
        rows[tables.order_items] += item_values(order)
        rows[tables.order_lines] += stored_counter_values(order)
        for version, entry in enumerate(order.new_entries, start=1):
            past = rebuild(order.new_entries[:version], number=order.number)
            rows[tables.outbox].append(event_values(event_for(entry, past)))
        units = taken_units(order)
        for line in order.lines:
            movement = {"order_id": order.id, "product_id": line.product_id, "actor": "ada", "at": order.created_at}
            deducted = {"kind": MovementKind.DEDUCTED, "quantity": -line.quantity, "version": 1}
            rows[tables.stock_movements].append(movement | deducted)
            if back := line.quantity - units[line.product_id]:
                released = {"kind": MovementKind.RELEASED, "quantity": back, "version": 2}
                rows[tables.stock_movements].append(movement | released)
        taken.update(units)
    return rows
