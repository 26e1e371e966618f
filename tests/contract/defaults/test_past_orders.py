"""Past orders of the demonstration: in every state, once, and with events that are sent already."""

import sqlite3
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orders_domain import Actor, Role
from orders_domain.model.access import SHOP
from orders_domain.model.feed.cursor import START
from orders_domain.model.feed.page import FeedFilter
from orders_domain.model.life.axes import FulfillmentStatus, PaymentStatus
from orders_domain.model.life.changes import fulfillment_status, payment_status
from orders_domain.model.order import rebuild
from orders_domain.model.order_filter import OrderFilter
from orders_domain.model.product_filter import ProductFilter
from orders_domain.model.status import OrderStatus
from orders_domain.use_cases import CheckConsistency, GetOrderHistory, ListOrders
from orders_flask import Settings, bootstrap
from orders_flask.bootstrap.container import Container, close
from tests.support.stores import copied_sqlite

ADMIN = Actor(subject="admin", role=Role.ADMIN)


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite: Path) -> Settings:
    copied_sqlite(migrated_sqlite, tmp_path)
    return Settings(database_url=f"sqlite:///{tmp_path}/orders.db", demo="on", demo_orders=120)


def test_past_orders_are_in_every_state_once(settings: Settings) -> None:
    for _ in range(2):
        bootstrap.PastOrders(settings=settings).run()

    container = Container(settings=settings)
    orders = container.list_orders(ListOrders(actor=ADMIN, order_filter=OrderFilter(limit=1_000), access=SHOP)).orders
    movements = {
        product.id: (product.stock, sum(movement.quantity for movement in page.movements))
        for product in container.product_catalog().search(ProductFilter(limit=100)).products
        for page in [container.product_catalog().movements(product.id, limit=1_000)]
    }
    histories = [
        container.get_order_history(GetOrderHistory(actor=ADMIN, order_id=order.id, access=SHOP)) for order in orders
    ]
    backlog = container.outbox().backlog()
    close(container)

    assert len(orders) == 120
    assert {order.user_id for order in orders} == {"ann"}
    assert Counter(order.status for order in orders).keys() == set(OrderStatus)
    assert {payment_status(order) for order in orders} == set(PaymentStatus)
    assert {fulfillment_status(order) for order in orders} == set(FulfillmentStatus)
    assert {order.life.hold is not None for order in orders} == {True, False}
    assert [rebuild(entries, number=order.number) for order, entries in zip(orders, histories, strict=True)] == [
        *orders
    ]
    assert {stock == moved for stock, moved in movements.values()} == {True}
    assert backlog.waiting + backlog.parked == 0


def test_events_of_past_orders_are_sent_already(settings: Settings) -> None:
    bootstrap.PastOrders(settings=settings).run()

    container, now = Container(settings=settings), datetime.now(UTC)
    feed = container.store().event_feed
    after, entries, is_last = START, 0, False
    while not is_last:
        page = feed.read(FeedFilter(after=after, limit=200))
        entries, after, is_last = entries + len(page.entries), page.end, page.is_last
        assert all(entry.event.at <= now for entry in page.entries)
    steps = list(container.check_consistency(CheckConsistency(actor=ADMIN)))
    rows = stored(settings, "SELECT state, notifies, count(*) FROM outbox GROUP BY 1, 2")
    old = stored(settings, "SELECT count(*) FROM outbox WHERE at < ?", f"{now - timedelta(days=7):%F %T}")
    pruned = container.outbox().prune(sent_before=now - timedelta(days=7), limit=100_000)
    close(container)

    assert rows == [("sent", 0, entries)]
    assert entries > 120
    assert [finding for step in steps for finding in step.findings] == []
    assert [(pruned,)] == old
    assert pruned > 0


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue"])
def test_past_orders_are_past_in_every_time_zone(
    settings: Settings, zone: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    request.addfinalizer(time.tzset)
    bootstrap.PastOrders(settings=settings).run()
    monkeypatch.undo()

    now = datetime.now(UTC)
    [(first, last)] = stored(settings, "SELECT min(at), max(at) FROM order_history")
    assert f"{now - timedelta(days=62):%F %T}" < first < last <= f"{now:%F %T.%f}"


def stored(settings: Settings, query: str, *values: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(settings.store_url.removeprefix("sqlite:///"))) as connection:
        return connection.execute(query, values).fetchall()


def test_past_orders_need_a_database() -> None:
    bootstrap.PastOrders(settings=Settings(database_url="memory://", demo="on", demo_orders=1)).run()
