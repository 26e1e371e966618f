"""What others tell us, read from JSON: a carrier's tracking events, and notifications on their way to a user."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson

from orders_domain.errors import InvalidValue, OrderNotFound
from orders_domain.model.json_values import text_error
from orders_domain.model.notification import Notification
from orders_domain.model.order_ref import OrderRef, parse_order_ref
from orders_domain.model.timestamps import parse_rfc3339
from orders_domain.model.tracking import TrackingEvent

MAX_MESSAGE_BYTES = 64 * 1024  # bytes
_Read = TypeVar("_Read")


def parse_tracking_event(raw: bytes) -> TrackingEvent:
    """Return the event; members we do not know are ignored. Ids may be whole numbers, too.

    Raises:
        Refused: it is none; the sentence says what is wrong.
    """
    told = _object(raw)
    return TrackingEvent(
        id=_member(told, "eventId", _id),
        order=_member(told, "orderID", _order_ref) if told.get("orderID") is not None else None,
        shipment_id=_member(told, "shipmentID", _id) if told.get("shipmentID") is not None else None,
        status=_member(told, "status", _text),
        occurred_at=_member(told, "occurredAt", _moment),
    )


def parse_notification(raw: bytes) -> Notification:
    """Return the notification; members we do not know are ignored.

    Raises:
        Refused: it is none; the sentence says what is wrong.
    """
    told = _object(raw)
    return Notification(
        id=_member(told, "notificationId", UUID),
        user_id=_member(told, "userID", _text),
        order=_member(told, "orderID", _id),
        message=_member(told, "message", _text),
        occurred_at=_member(told, "occurredAt", _moment),
    )


def _object(raw: bytes) -> dict[str, Any]:
    if len(raw) > MAX_MESSAGE_BYTES:
        raise InvalidValue(f"The message is longer than {MAX_MESSAGE_BYTES} bytes.")
    try:
        told = orjson.loads(raw)
    except ValueError as flaw:
        raise InvalidValue(f"The message is not JSON: {flaw}.") from flaw
    if not isinstance(told, dict):
        raise InvalidValue("The message is not a JSON object.")
    return told


def _member(message: dict[str, Any], name: str, read: Callable[[Any], _Read]) -> _Read:
    if message.get(name) is None:
        raise InvalidValue(f"The message has no {name}.", field=name)
    try:
        return read(message[name])
    except (ValueError, TypeError, AttributeError, OverflowError) as flaw:
        raise InvalidValue(f"{name} cannot be read: {flaw}.", field=name) from flaw


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("it is not a string")
    if flaw := text_error(value):
        raise ValueError(f"it {flaw}")
    return value


def _id(value: Any) -> str:
    return str(value) if type(value) is int else _text(value)


def _order_ref(value: Any) -> OrderRef:
    try:
        return parse_order_ref(_id(value))
    except OrderNotFound:
        raise ValueError("it is neither an order's number nor its id") from None


def _moment(value: Any) -> datetime:
    return parse_rfc3339(_text(value))
