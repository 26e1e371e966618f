"""Parsing of incoming messages: strict; each flaw is a sentence, and InvalidValue is the only error."""

import json
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_adapters.serialization import incoming_messages
from orders_domain.errors import InvalidValue
from tests.support.cases import each_case

ORDER = "018f0b5e-7c1a-7cc2-9d7b-3b1d0c9a4e21"
GOOD: dict[str, Any] = {"eventId": "e-1", "orderID": 7, "status": "SHIPPED", "occurredAt": "2026-03-14T13:00:00+01:00"}
NOTICE: dict[str, Any] = {
    "notificationId": ORDER, "userID": "ann", "orderID": 7, "type": "ORDER_STATUS_CHANGED", "status": "shipped",
    "message": "On its way.", "occurredAt": "2026-03-14T12:00:00Z",
}  # fmt: skip
NOT_EVEN_OBJECTS = [
    b"", b"\x00", b"\xff\xfe", b"{", b"nonsense", b"[]", b"null", b"7", b'"text"', b"{'a': 1}", b"NaN",
    b'{"eventId": 1e999}', b"[" * 100_000, b'{"a":' * 5_000, b'{"eventId": "' + b"x" * 70_000 + b'"}',
]  # fmt: skip


class Gone(Enum):
    """Marks a member that the message leaves out; an enumeration, because its text is the same in every process."""

    GONE = "gone"


GONE = Gone.GONE


def raw(message: dict[str, Any], /, **changed: Any) -> bytes:
    return json.dumps({name: value for name, value in (message | changed).items() if value is not GONE}).encode()


@pytest.mark.parametrize(
    ("name", "reference"), [(7, 7), ("7", 7), (ORDER, UUID(ORDER)), (ORDER.upper(), UUID(ORDER))], ids=str
)
def test_order_is_named_by_number_or_id(name: object, reference: object) -> None:
    event = incoming_messages.parse_tracking_event(raw(GOOD, orderID=name, unheard_of=[1]))

    assert (event.id, event.order, event.shipment_id, event.status) == ("e-1", reference, None, "SHIPPED")
    assert event.occurred_at == datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-14t12:00:00z", datetime(2026, 3, 14, 12, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
    ],
)
def test_timestamp_is_parsed_in_any_form(written: str, read: datetime) -> None:
    assert incoming_messages.parse_tracking_event(raw(GOOD, occurredAt=written)).occurred_at == read


def test_events_may_have_the_names_of_source_003() -> None:
    noon = datetime(2026, 3, 14, 12, tzinfo=UTC)
    sent = {"trackingEventID": 4, "packageID": 9, "shipmentID": 99, "eventTimestamp": "2026-03-14 12:00:00"}

    for word, status in (
        ("out for delivery", "out_for_delivery"),
        ("in transit", "in_transit"),
        ("shipped", "shipped"),
    ):
        event = incoming_messages.parse_tracking_event(raw(sent | {"eventType": word, "location": "Depot"}))
        assert (event.id, event.shipment_id, event.status, event.occurred_at) == ("4", "99", status, noon)
    assert incoming_messages.parse_tracking_event(raw(GOOD, trackingEventID="other", eventType="lost")).id == "e-1"
    with pytest.raises(InvalidValue, match="a package is not enough"):
        incoming_messages.parse_tracking_event(raw(sent, eventType="shipped", shipmentID=GONE))


def test_tracking_timestamp_without_an_offset_is_in_utc() -> None:
    for text in ("2026-03-14T12:00:00", "2026-03-14 12:00:00.000"):
        event = incoming_messages.parse_tracking_event(raw(GOOD, occurredAt=text))
        assert event.occurred_at == datetime(2026, 3, 14, 12, tzinfo=UTC)


def test_ids_may_be_integers() -> None:
    event = incoming_messages.parse_tracking_event(raw(GOOD, eventId=12, orderID=None, shipmentID=99))

    assert (event.id, event.order, event.shipment_id) == ("12", None, "99")


@each_case("message", NOT_EVEN_OBJECTS)
def test_non_object_is_rejected(message: bytes) -> None:
    with pytest.raises(InvalidValue):
        incoming_messages.parse_tracking_event(message)


@each_case(
    "wrong",
    [
        {"eventId": GONE}, {"eventId": None}, {"eventId": ""}, {"eventId": True}, {"eventId": 1.5}, {"eventId": {}},
        {"orderID": GONE}, {"orderID": ""}, {"orderID": 0}, {"orderID": -7}, {"orderID": 7.5}, {"orderID": True},
        {"orderID": "07"}, {"orderID": "seven"}, {"orderID": ORDER[:-1]}, {"orderID": []}, {"orderID": 10**30},
        {"orderID": None, "shipmentID": ""}, {"shipmentID": 1.5}, {"shipmentID": "x" * 65},
        {"status": GONE}, {"status": 7}, {"status": "LOST"}, {"status": ["SHIPPED"]}, {"status": " SHIPPED"},
        {"occurredAt": GONE}, {"occurredAt": "yesterday"}, {"occurredAt": 1773489600}, {"occurredAt": ""},
        {"occurredAt": "0001-01-01T00:00:00+23:59"},
        {"occurredAt": "20260314T120000Z"}, {"occurredAt": "2026-W11-6T12:00:00Z"}, {"occurredAt": "2026-03-14T12Z"},
    ],
)  # fmt: skip
def test_invalid_member_is_rejected_in_a_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue) as refusal:
        incoming_messages.parse_tracking_event(raw(GOOD, **wrong))

    assert str(refusal.value).endswith(".")


@given(st.binary(max_size=200))
def test_random_bytes_are_rejected(message: bytes) -> None:
    with pytest.raises(InvalidValue):
        incoming_messages.parse_tracking_event(message)
