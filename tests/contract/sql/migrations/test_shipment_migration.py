"""Migration 0042: shipments move from the rows of their orders into rows of their own, and back."""

import time
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import Engine, insert, select, text

from orders_adapters.sql import migrate, tables
from orders_adapters.sql.mappers import order_values
from orders_adapters.sql.mapping import shipments
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.testing.examples import ADMIN, NOON
from orders_adapters.testing.life.order_life import of_shop
from orders_domain import Order
from orders_domain.model.life import shipping
from orders_domain.model.life.shipments import ShipmentEvent, ShipmentState
from tests.support.depth import effort

ORDERS = effort(40, 100_000)
BATCH = 1_000
UNSHIPPED = 4  # every fourth order has no shipment


def shipped(number: int) -> Order:
    """An order with two parcels, of which the first one is delivered; every fourth one has none."""
    order = replace(of_shop(), id=UUID(int=number), number=number)
    if number % UNSHIPPED:
        for line, units in ((2, 3), (1, 1)):
            parcel = str(UUID(int=number * 10 + line))
            shipping.ship(order, parcel, {line: units}, carrier="DHL", tracking_number="JD1", by=ADMIN, at=NOON)
        event = ShipmentEvent(event_id="1", state=ShipmentState.DELIVERED, occurred_at=NOON)
        shipping.record_event(order, str(UUID(int=number * 10 + 2)), event, by=ADMIN, at=NOON)
    order.new_entries.clear()
    return order


def fill(engine: Engine) -> None:
    for first in range(1, ORDERS + 1, BATCH):
        orders = [shipped(number) for number in range(first, min(first + BATCH, ORDERS + 1))]
        rows = [{**order_values(order), "number": order.number} for order in orders]
        parcels = [
            {"id": UUID(known.id), "order_id": order.id, "content": known.as_json()}
            for order in orders
            for known in order.life.shipments
        ]
        with engine.begin() as connection:
            connection.execute(insert(tables.orders), rows)
            connection.execute(insert(tables.shipments), parcels)


@pytest.mark.timeout(effort(300, 1_800))
def test_shipments_move_into_rows_and_back(
    address: str, connect: Callable[..., Engine], capsys: pytest.CaptureFixture[str]
) -> None:
    engine = connect(address, statement_seconds=0)
    migrate.upgrade(address)
    fill(engine)

    seconds = [time.monotonic()]
    migrate.downgrade(address, "0040")
    seconds.append(time.monotonic())
    in_rows = ORDERS - ORDERS // UNSHIPPED
    with engine.connect() as connection:
        moved = connection.scalar(text("SELECT count(*) FROM orders WHERE CAST(life AS text) LIKE '%JD1%'"))
    assert moved == in_rows
    seconds.append(time.monotonic())
    migrate.upgrade(address)
    seconds.append(time.monotonic())

    with capsys.disabled():
        if ORDERS > BATCH:
            print(f"\n{engine.dialect.name}: down {seconds[1] - seconds[0]:.1f} s, up {seconds[3] - seconds[2]:.1f} s")
    queries = SqlOrderQueries(engine)
    for number in (1, 2, 4, ORDERS - 1, ORDERS):
        assert queries.get(number) == shipped(number)
    with engine.connect() as connection:
        stored = connection.execute(select(*shipments.COLUMNS).order_by(tables.orders.c.number).limit(BATCH)).all()
    assert not any("JD1" in str(row.life) for row in stored)
    assert migrate.check(address) == []
