"""Parser of incoming JSON messages: the tracking events of a carrier, and the facts of a payment provider."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import orjson

from orders_domain.errors import InvalidValue, OrderNotFound
from orders_domain.model.life.payment_message import OrderReference, PaymentMessage
from orders_domain.model.life.payments import PaymentKind, checked_amount
from orders_domain.model.life.placing import DEFAULT_SOURCE
from orders_domain.model.order_ref import OrderRef, parse_order_ref
from orders_domain.model.tracking import TrackingEvent
from orders_domain.model.values.json_values import text_error
from orders_domain.model.values.timestamps import parse_rfc3339

MAX_MESSAGE_BYTES = 64 * 1024  # bytes
_TRACKING_NAMES = {"eventId": "trackingEventID", "status": "eventType", "occurredAt": "eventTimestamp"}
"""Members of a tracking event that carriers of source 003 call otherwise."""
_WITHOUT_OFFSET = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?", re.ASCII)
_TRACKING_MEMBERS = {"id": "eventId", "order": "orderID", "shipment_id": "shipmentID", "occurred_at": "occurredAt"}
"""The members of a tracking event by the domain's field."""
_Parsed = TypeVar("_Parsed")


def parse_tracking_event(raw: bytes) -> TrackingEvent:
    """Return the event. Unknown members are ignored. Ids may also be whole numbers.

    Raises:
        InvalidValue: the message is not a tracking event; the text names the reason.
    """
    body = _object(raw)
    body |= {name: body[other] for name, other in _TRACKING_NAMES.items() if name not in body and other in body}
    try:
        return TrackingEvent(
            id=_member(body, "eventId", _id),
            order=_member(body, "orderID", _order_ref) if body.get("orderID") is not None else None,
            shipment_id=_member(body, "shipmentID", _id) if body.get("shipmentID") is not None else None,
            status=_member(body, "status", _text).replace(" ", "_"),
            occurred_at=_member(body, "occurredAt", _tracking_timestamp),
        )
    except InvalidValue as error:
        raise error.renamed(_TRACKING_MEMBERS) from None


def parse_payment_message(raw: bytes) -> PaymentMessage:
    """Return the message. Unknown members are ignored. The order is its id or number, or the reference of a source.

    A number is written as a number or a text; a ``source`` makes it the shop's own reference.

    Raises:
        InvalidValue: the message is not a payment fact; the text names the reason.
    """
    body = _object(raw)
    return PaymentMessage(
        event_id=_member(body, "event_id", _id),
        order=_member(body, "order", partial(_order, source=body.get("source"))),
        provider=_member(body, "provider", _text),
        reference=_member(body, "reference", _id),
        kind=_member(body, "kind", _payment_kind),
        amount_minor=_member(body, "amount_minor", checked_amount),
        currency=_member(body, "currency", _text),
        occurred_at=_member(body, "occurred_at", parse_rfc3339),
    )


def _payment_kind(value: Any) -> PaymentKind:
    kinds = {kind.value: kind for kind in PaymentKind}
    if value not in kinds:
        raise ValueError(f"it must be one of {', '.join(kinds)}")
    return kinds[value]


def _order(value: Any, *, source: Any) -> OrderRef | OrderReference:
    if source is None:
        with suppress(OrderNotFound):
            return parse_order_ref(_id(value))
    return OrderReference(source=DEFAULT_SOURCE if source is None else _text(source), reference=_id(value))


def _object(raw: bytes) -> dict[str, Any]:
    if len(raw) > MAX_MESSAGE_BYTES:
        raise InvalidValue(f"The message must have at most {MAX_MESSAGE_BYTES} bytes.")
    try:
        body = orjson.loads(raw)
    except ValueError as error:
        raise InvalidValue(f"The message is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise InvalidValue("The message is not a JSON object.")
    return body


def _member(body: dict[str, Any], name: str, parse: Callable[[Any], _Parsed]) -> _Parsed:
    if body.get(name) is None:
        raise InvalidValue(f"The message must have the member {name}.", field=name)
    try:
        return parse(body[name])
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InvalidValue(f"{name} is invalid: {error}.", field=name) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("it must be a string")
    if error := text_error(value):
        raise ValueError(f"it {error}")
    return value


def _id(value: Any) -> str:
    return str(value) if type(value) is int else _text(value)


def _order_ref(value: Any) -> OrderRef:
    try:
        return parse_order_ref(_id(value))
    except OrderNotFound:
        raise ValueError("it must be the number or the id of an order") from None


def _tracking_timestamp(value: Any) -> datetime:
    """Return the time; without an offset it is in UTC."""
    text = _text(value)
    return parse_rfc3339(f"{text.replace(' ', 'T')}Z" if _WITHOUT_OFFSET.fullmatch(text) else text)
