"""Serialization of events and orders: round trips, and rejection of all other bytes."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_adapters.serialization import cloudevents, order_snapshot
from orders_adapters.serialization.json_format import DecodeError
from orders_adapters.testing.carts import cart, content
from orders_domain import CustomItem, Event, Money, Order, OrderStatus, Origin
from orders_domain.model.address import Address
from orders_domain.model.product import OrderLine
from orders_domain.model.values.currencies import MINOR_UNIT_DIGITS

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
JSON = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=4)
MOMENTS = st.datetimes(timezones=st.just(UTC))
VERSIONS = st.integers(1, 2**53)
EVENTS = st.builds(Event, id=st.uuids(), type=TEXT, order_id=st.uuids(), version=VERSIONS, at=MOMENTS, data=OBJECTS)
MONEY = st.builds(Money, st.integers(0, 10**12), st.sampled_from(sorted(MINOR_UNIT_DIGITS)))
LINES = st.builds(OrderLine, product_id=st.integers(1, 2**53), quantity=st.integers(1, 10_000), unit_price=MONEY)
PART = TEXT.filter(str.strip)
ADDRESSES = st.builds(
    Address, line1=PART, line2=st.none() | PART, city=PART, state=PART, postal_code=PART, country=PART
)
OTHERS = st.dictionaries(TEXT.filter(lambda name: name not in content()), JSON, max_size=3)
CARTS = st.builds(lambda others: cart(**others), OTHERS)


def in_one_currency(order: Order) -> Order:
    """The order with prices in the currency of its total."""
    lines = [replace(line, unit_price=Money(line.unit_price.minor, order.total.currency)) for line in order.lines]
    return replace(order, lines=tuple(lines))


ORDERS_OF_ITEMS = st.builds(
    Order,
    id=st.uuids(),
    origin=st.sampled_from(Origin),
    user_id=st.none() | TEXT,
    items=st.lists(OBJECTS.map(CustomItem), max_size=3).map(tuple),
    lines=st.lists(LINES, max_size=3).map(tuple),
    address=st.none() | ADDRESSES,
    total=MONEY,
    status=st.sampled_from(OrderStatus),
    created_at=MOMENTS,
    updated_at=MOMENTS,
    deleted_at=st.none() | MOMENTS,
    version=VERSIONS,
    cancellation_reason=st.none() | TEXT,
    shipment_id=st.none() | TEXT,
    number=st.none() | st.integers(1, 2**53),
).map(in_one_currency)  # fmt: skip
ORDERS_OF_CARTS = st.builds(lambda order, cart: replace(order, cart=cart, items=cart.items), ORDERS_OF_ITEMS, CARTS)
ORDERS = ORDERS_OF_ITEMS | ORDERS_OF_CARTS
PLACED = Event(
    id=UUID("2d9b1a52-5b8e-5a05-a3c7-0e4f3f6d1a11"),
    type="orders.order_placed.v1",
    order_id=UUID("018f0b5e-7c1a-7cc2-9d7b-3b1d0c9a4e21"),
    version=1,
    at=datetime(2030, 5, 17, 12, 30, 0, 250_000, tzinfo=UTC),
    data={"user_id": "ada"},
)


@given(EVENTS)
def test_event_round_trips(event: Event) -> None:
    assert cloudevents.read_event(cloudevents.event_bytes(event)) == event


@given(ORDERS)
def test_order_round_trips(order: Order) -> None:
    back = order_snapshot.read_order(order_snapshot.order_bytes(order))

    assert back == order
    assert back.new_entries == []
    assert order_snapshot.order_bytes(back) == order_snapshot.order_bytes(order)


def test_event_is_a_cloud_event() -> None:
    assert orjson.loads(cloudevents.event_bytes(PLACED)) == {
        "specversion": "1.0",
        "id": "2d9b1a52-5b8e-5a05-a3c7-0e4f3f6d1a11",
        "source": "/orders",
        "type": "orders.order_placed.v1",
        "subject": "018f0b5e-7c1a-7cc2-9d7b-3b1d0c9a4e21",
        "time": "2030-05-17T12:30:00.250000Z",
        "datacontenttype": "application/json",
        "orderversion": 1,
        "data": {"user_id": "ada"},
    }


@given(EVENTS, ORDERS, OBJECTS)
def test_unknown_members_are_ignored(event: Event, order: Order, more: dict[str, Any]) -> None:
    wider_event = more | orjson.loads(cloudevents.event_bytes(event))
    wider_order = more | orjson.loads(order_snapshot.order_bytes(order))

    assert cloudevents.read_event(orjson.dumps(wider_event)) == event
    assert order_snapshot.read_order(orjson.dumps(wider_order)) == order


@given(st.binary() | JSON.map(orjson.dumps))
def test_other_bytes_raise_decode_error(raw: bytes) -> None:
    for read in (cloudevents.read_event, order_snapshot.read_order):
        with pytest.raises(DecodeError):
            read(raw)


@given(st.data())
def test_invalid_member_is_rejected_or_well_formed(data: st.DataObject) -> None:
    snapshot = orjson.loads(order_snapshot.order_bytes(data.draw(ORDERS)))
    snapshot[data.draw(st.sampled_from(sorted(snapshot)))] = data.draw(JSON)

    try:
        order = order_snapshot.read_order(orjson.dumps(snapshot))
    except DecodeError:
        return
    assert order_snapshot.read_order(order_snapshot.order_bytes(order)) == order


@pytest.mark.parametrize(
    "wrong",
    [
        {"orderversion": True},
        {"orderversion": 1.0},
        {"time": "2030-05-17T12:30:00"},
        {"specversion": "0.3"},
        {"data": []},
    ],
    ids=str,
)
def test_invalid_event_is_rejected(wrong: dict[str, Any]) -> None:
    with pytest.raises(DecodeError):
        cloudevents.read_event(orjson.dumps(orjson.loads(cloudevents.event_bytes(PLACED)) | wrong))


@pytest.mark.parametrize("line", [["7", 1, 900], [7, True, 900], [7, 1, 9.0], [7, 1]], ids=str)
def test_invalid_line_is_rejected(line: list[Any]) -> None:
    order = Order(
        id=PLACED.order_id,
        origin=Origin.ORDERS,
        user_id="ada",
        items=(),
        total=Money(900, "EUR"),
        status=OrderStatus.PENDING,
        created_at=PLACED.at,
        updated_at=PLACED.at,
        version=1,
    )

    with pytest.raises(DecodeError):
        order_snapshot.read_order(orjson.dumps(orjson.loads(order_snapshot.order_bytes(order)) | {"lines": [line]}))
