"""Contract of EventFeed: every event once, in order within an order, with the bytes that the broker gets."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from orders_adapters.serialization.cloudevents import event_bytes
from orders_adapters.testing.examples import ADMIN, NOON, new_id
from orders_adapters.testing.life.order_life import of_shop
from orders_adapters.testing.stores import StoreHarness
from orders_domain import Order, OrderStatus
from orders_domain.errors import InvalidValue
from orders_domain.model.events import EVENT_TYPES
from orders_domain.model.feed.cursor import START
from orders_domain.model.feed.page import FEED_TYPES, FeedFilter, FeedPage
from orders_domain.model.history import ANNOTATED, HELD, RELEASED
from orders_domain.model.life import changes, shipping
from orders_domain.model.life.shipments import ShipmentEvent, ShipmentState

FIRST = FeedFilter()
LATER: Any = {"by": ADMIN, "at": NOON + timedelta(minutes=3)}


def pages(store: StoreHarness, first: FeedFilter = FIRST) -> Iterator[FeedPage]:
    """The pages from the filter's cursor to the end."""
    page = store.feed.read(first)
    yield page
    while not page.is_last:
        page = store.feed.read(replace(first, after=page.end))
        yield page


def keys(store: StoreHarness, first: FeedFilter = FIRST) -> list[tuple[UUID, int]]:
    return [(entry.event.order_id, entry.event.version) for page in pages(store, first) for entry in page.entries]


def settle(store: StoreHarness) -> None:
    """Wait until all events are readable, because a transaction of another database of the server delays them."""
    stored = {message.event.id for message in store.events()}
    deadline = time.monotonic() + 120
    while {entry.event.id for page in pages(store) for entry in page.entries} < stored and time.monotonic() < deadline:
        time.sleep(0.02)


def lived(store: StoreHarness) -> UUID:
    """The id of an order that was held, released, shipped in part, delivered, and cancelled for the rest at once."""
    order, parcel = of_shop("R-1"), str(new_id())
    delivered = ShipmentEvent(event_id="1", state=ShipmentState.DELIVERED, occurred_at=NOON)
    store.add(order)
    changing: Sequence[Callable[[Order], object]] = (
        lambda present: changes.hold(present, "address", by=ADMIN, at=NOON + timedelta(minutes=1)),
        lambda present: changes.release(present, by=ADMIN, at=NOON + timedelta(minutes=2)),
        lambda present: shipping.ship(present, parcel, {1: 1}, carrier=None, tracking_number=None, **LATER),
        lambda present: shipping.record_event(present, parcel, delivered, **LATER),
        lambda present: changes.cancel(present, None, "late", **LATER),
        lambda present: changes.annotate(present, tags=["gift"], **LATER),
    )
    for change in changing:
        with store.unit_of_work() as uow:
            present = uow.orders.get_for_update(order.id)
            change(present)
            uow.orders.save(present)
            uow.commit()
    settle(store)
    return order.id


class EventFeedTests:
    """Promises of ``EventFeed``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_events_are_those_of_the_broker(self, store: StoreHarness) -> None:
        lived(store)
        published = [event_bytes(message.event) for message in store.events()]

        (page,) = pages(store)

        assert [event_bytes(entry.event) for entry in page.entries] == published
        assert [entry.event.version for entry in page.entries] == list(range(1, 9))
        assert page.entries[5].event.data["fulfillment_status"] == "whole"

    @pytest.mark.parametrize("limit", [1, 2, 3, 200])
    def test_every_event_is_read_once_in_order(self, store: StoreHarness, limit: int) -> None:
        orders = [store.placed() for _ in range(3)]
        for order in orders:
            store.changed(order, OrderStatus.PAID)
        settle(store)
        expected = [(message.event.order_id, message.event.version) for message in store.events()]

        read = keys(store, FeedFilter(limit=limit))

        assert sorted(read) == sorted(expected)
        for order in orders:
            assert [version for order_id, version in read if order_id == order.id] == [1, 2]

    def test_empty_page_has_the_same_cursor(self, store: StoreHarness) -> None:
        assert (store.feed.read(FIRST).entries, store.feed.read(FIRST).end) == ([], START)
        store.placed()
        settle(store)
        (page,) = pages(store)

        again = store.feed.read(FeedFilter(after=page.end))

        assert again == FeedPage(entries=[], end=page.end, is_last=True)
        order = store.placed()
        settle(store)
        assert keys(store, FeedFilter(after=again.end)) == [(order.id, 1)]

    def test_end_is_behind_all_events(self, store: StoreHarness) -> None:
        for _ in range(2):
            end = store.feed.end()
            assert store.feed.read(FeedFilter(after=end)).entries == []
            order = store.placed()
            settle(store)
            assert keys(store, FeedFilter(after=end)) == [(order.id, 1)]

    def test_filters_select(self, store: StoreHarness) -> None:
        other, order_id = store.placed(), lived(store)
        order = store.queries.get(order_id)
        assert order.number is not None
        versions = range(1, 9)

        def selected(**conditions: Any) -> list[tuple[UUID, int]]:
            return keys(store, FeedFilter(**conditions, limit=2))

        for ref in (order_id, order.number):
            assert selected(order=ref) == [(order_id, version) for version in versions]
        assert selected(order=new_id()) == selected(order=10**18) == selected(order=2**70) == []
        held = {EVENT_TYPES[HELD], EVENT_TYPES[RELEASED]}
        assert selected(types=held) == [(order_id, 2), (order_id, 3)]
        assert selected(types=held, order=other.id) == []
        assert selected(types={EVENT_TYPES[ANNOTATED]}, order=order_id) == [(order_id, 8)]
        since, before = NOON + timedelta(minutes=1), NOON + timedelta(minutes=3)
        assert selected(since=since, before=before) == [(order_id, 2), (order_id, 3)]
        assert len(selected(types=set(FEED_TYPES))) == 9

    def test_cursor_of_a_filter_skips_what_was_examined(self, store: StoreHarness) -> None:
        for _ in range(3):
            store.placed()
        settle(store)
        types = {EVENT_TYPES[HELD]}

        *_, page = pages(store, FeedFilter(types=types))
        order_id = lived(store)

        assert page.end > START
        assert keys(store, FeedFilter(types=types, after=page.end)) == [(order_id, 2)]

    @pytest.mark.parametrize("wrong", [{"types": {"orders.*"}}, {"types": {"orders.stock_low.v1"}}, {"limit": 201}])
    def test_invalid_filter_is_rejected(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(InvalidValue):
            FeedFilter(**wrong)
