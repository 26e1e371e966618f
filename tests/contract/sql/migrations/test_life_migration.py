"""Migration 0026 and later: stored orders get the axes of their history, and a downgrade loses nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from orders_adapters.sql import migrate
from orders_adapters.sql.events.event_feed import SqlEventFeed
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.testing.examples import ADMIN, new_id
from orders_adapters.testing.life.order_life import of_shop
from orders_domain.model.feed.page import FeedFilter
from orders_domain.model.life import returning, shipping
from orders_domain.model.life.changes import fulfillment_status, payment_status
from orders_domain.model.order import rebuild

AT = datetime(2026, 3, 14, tzinfo=UTC)
LIVES = {
    1: (["PENDING"], "none", "none"),
    2: (["PENDING", "PAID"], "paid", "none"),
    3: (["PENDING", "PAID", "SHIPPED"], "paid", "whole"),
    4: (["PENDING", "SHIPPED", "DELIVERED"], "none", "delivered"),
    5: (["PENDING", "CANCELED"], "none", "none"),
}
"""Statuses of the orders by number, and the axes that follow from them."""
ORDER = """
    INSERT INTO orders (id, number, items, lines, origin, total_minor, currency, status, version, created_at,
                        updated_at)
    VALUES (:id, :number, '[]', '[[1, 3, 250]]', 'management', 750, 'USD', :status, :version, :at, :last)
"""
ENTRY = """
    INSERT INTO order_history (order_id, version, kind, at, actor, role, from_status, to_status, details)
    VALUES (:id, :version, :kind, :at, 'ada', 'customer', :before, :after, :details)
"""
PLACED = (
    '{"origin": "management", "user_id": null, "shipment_id": null, "items": [], "cart": null, '
    '"lines": [[1, 3, 250]], "total_minor": 750, "currency": "USD", "address": null}'
)

pytestmark = pytest.mark.alternate
PRODUCT = """
    INSERT INTO products (id, sku, name, price_minor, currency, stock_quantity, low_stock_threshold, created_at)
    VALUES (1, 'TEA', 'Tea', 250, 'USD', 7, 0, :at)
"""
MOVEMENT = """
    INSERT INTO stock_movements (product_id, order_id, kind, quantity, actor, at{column})
    VALUES (1, :order, :kind, :quantity, 'ada', :at{value})
"""


def stored_before(address: str, engine: Engine) -> None:
    """Orders and movements as the former release stored them."""
    migrate.upgrade(address, "0019")
    moved = MOVEMENT.format(column="", value="")
    with engine.begin() as connection:
        connection.execute(text(PRODUCT), {"at": AT})
        connection.execute(text(moved), {"order": None, "kind": "initial", "quantity": 10, "at": AT})
        for number, (statuses, *_) in LIVES.items():
            key = {"id": str(UUID(int=number)) if engine.dialect.name == "postgresql" else f"{number:032x}"}
            last = AT + timedelta(seconds=len(statuses) - 1)
            row = {"number": number, "status": statuses[-1], "version": len(statuses), "at": AT, "last": last}
            connection.execute(text(ORDER), key | row)
            for version, after in enumerate(statuses, start=1):
                changed = "canceled" if after == "CANCELED" else "status_changed"
                entry = {
                    "version": version,
                    "kind": "placed" if version == 1 else changed,
                    "at": AT + timedelta(seconds=version - 1),
                    "before": statuses[version - 2] if version > 1 else None,
                    "after": after,
                    "details": PLACED if version == 1 else "{}",
                }
                connection.execute(text(ENTRY), key | entry)
        connection.execute(text(moved), {"order": key["id"], "kind": "deducted", "quantity": -3, "at": AT})


def movements(engine: Engine) -> list[tuple[str, int]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT kind, quantity FROM stock_movements ORDER BY id")).all()
    return [(row.kind, row.quantity) for row in rows]


def test_stored_orders_get_the_axes_of_their_history(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    stored_before(address, engine)

    migrate.upgrade(address)

    queries = SqlOrderQueries(engine)
    for number, (_, payment, fulfillment) in LIVES.items():
        order = queries.get(number)
        assert rebuild(queries.history(number), number=number) == order
        assert (payment_status(order).value, fulfillment_status(order).value) == (payment, fulfillment)
    with engine.connect() as connection:
        columns = "SELECT number, payment_status, fulfillment_status FROM orders ORDER BY number"
        stored = connection.execute(text(columns)).all()
    assert [tuple(row) for row in stored] == [(number, *axes) for number, (_, *axes) in LIVES.items()]
    assert movements(engine) == [("initial", 10), ("deducted", -3)]
    events = [entry.event for entry in SqlEventFeed(engine).read(FeedFilter()).entries]
    for number, (statuses, *_) in LIVES.items():
        of_order = [event.version for event in events if event.order_id == UUID(int=number)]
        assert of_order == list(range(1, len(statuses) + 1))


def test_downgrade_adds_up_the_releases_of_an_order(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    stored_before(address, engine)
    migrate.upgrade(address)
    moved = text(MOVEMENT.format(column=", version", value=", :version"))
    with engine.begin() as connection:
        order = connection.scalar(text("SELECT order_id FROM stock_movements WHERE kind = 'deducted'"))
        for version in (2, 3):
            values = {"order": order, "kind": "released", "quantity": 1, "at": AT, "version": version}
            connection.execute(moved, values)

    migrate.downgrade(address, "0019")
    summed = movements(engine)
    migrate.upgrade(address)

    assert summed == movements(engine) == [("initial", 10), ("deducted", -3), ("released", 2)]
    assert migrate.check(address) == []


def test_downgrade_is_refused_while_orders_need_this_release(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    migrate.upgrade(address)
    with SqlUnitOfWork(engine) as uow:
        uow.orders.add(order := of_shop("R-1"))
        uow.commit()

    with pytest.raises(Exception, match="1 orders were placed through the contract shop"):
        migrate.downgrade(address, "0019")

    assert SqlOrderQueries(engine).get(order.id) == order
    migrate.upgrade(address)
    returned = str(new_id())
    with SqlUnitOfWork(engine) as uow:
        order = uow.orders.get_for_update(order.id)
        shipping.ship(order, str(new_id()), {1: 1}, carrier=None, tracking_number=None, by=ADMIN, at=AT)
        returning.authorize_return(order, returned, {1: 1}, "too small", by=ADMIN, at=AT)
        uow.orders.save(order)
        uow.commit()
    with pytest.raises(Exception, match="1 returns are authorized"):
        migrate.downgrade(address, "0029")
    assert SqlOrderQueries(engine).get(order.id) == order
