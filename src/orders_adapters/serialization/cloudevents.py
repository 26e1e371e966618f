"""Serialization of events as CloudEvents 1.0 for the broker, and of orders as snapshots for the cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson

from orders_adapters.serialization.broker_messages import format_timestamp, published_data
from orders_domain.errors import InvalidValue
from orders_domain.model.address import Address
from orders_domain.model.cart import Cart
from orders_domain.model.custom_item import CustomItem
from orders_domain.model.events import Event
from orders_domain.model.money import Money
from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.model.product import OrderLine
from orders_domain.model.status import OrderStatus

SOURCE = "/orders"
_DECODE_ERRORS = (ValueError, LookupError, TypeError, AttributeError, OverflowError, InvalidValue)
_Read = TypeVar("_Read")


class DecodeError(Exception):
    """The bytes are not a valid event or order snapshot."""


def event_bytes(event: Event) -> bytes:
    """Return the event as a CloudEvents 1.0 JSON message in structured mode."""
    return json_bytes({**event_attributes(event), "data": published_data(event)})


def event_attributes(event: Event) -> dict[str, str | int]:
    """Return the CloudEvents 1.0 attributes of an event, without its data."""
    trace = {} if event.traceparent is None else {"traceparent": event.traceparent}
    return {
        "specversion": "1.0",
        "id": str(event.id),
        "source": SOURCE,
        "type": event.type,
        "subject": str(event.order_id),
        "time": format_timestamp(event.at),
        "datacontenttype": "application/json",
        "orderversion": event.version,
        **trace,
    }


def read_event(raw: bytes) -> Event:
    """Return the event of a message, with its data as published (see ``published_data``). Unknown members are ignored.

    Raises:
        DecodeError: the message is not an event of an order.
    """
    return _read(raw, _event)


def order_bytes(order: Order) -> bytes:
    """Return a snapshot of the order, without the events that it has recorded since it was loaded."""
    return json_bytes(
        {
            "id": str(order.id),
            "origin": order.origin.value,
            "number": order.number,
            "version": order.version,
            "user_id": order.user_id,
            "status": order.status.value,
            "total": _money(order.total),
            "created_at": format_timestamp(order.created_at),
            "updated_at": format_timestamp(order.updated_at),
            "deleted_at": None if order.deleted_at is None else format_timestamp(order.deleted_at),
            "items": [] if order.cart else [item.content for item in order.items],
            "cart": None if order.cart is None else order.cart.content,
            "cancellation_reason": order.cancellation_reason,
            "lines": [[line.product_id, line.quantity, _money(line.unit_price)] for line in order.lines],
            "address": None if order.address is None else order.address.as_dict(),
            "shipment_id": order.shipment_id,
        }
    )


def read_order(raw: bytes) -> Order:
    """Return the order of a snapshot. Unknown members are ignored.

    Raises:
        DecodeError: the bytes are not a snapshot of an order.
    """
    return _read(raw, _order)


def json_bytes(value: Any) -> bytes:
    return orjson.dumps(value, default=dict)  # dict: for mappings of other types, such as mapping proxies


def _read(raw: bytes, build: Callable[[Any], _Read]) -> _Read:
    try:
        return build(orjson.loads(raw))
    except _DECODE_ERRORS as error:
        raise DecodeError(f"{type(error).__name__}: {error}") from error


def _event(message: Any) -> Event:
    if message["specversion"] != "1.0":
        raise ValueError("specversion must be 1.0")
    return Event(
        id=UUID(message["id"]),
        type=_checked(str, message["type"]),
        order_id=UUID(message["subject"]),
        version=_checked(int, message["orderversion"]),
        at=_parse_timestamp(message["time"]),
        data=_checked(dict, message["data"]),
        traceparent=_checked(str, message["traceparent"]) if "traceparent" in message else None,
    )


def _order(snapshot: Any) -> Order:
    number, deleted_at, address = snapshot["number"], snapshot["deleted_at"], snapshot["address"]
    cart = None if snapshot["cart"] is None else Cart(_checked(dict, snapshot["cart"]))
    return Order(
        id=UUID(snapshot["id"]),
        origin=Origin(snapshot["origin"]),
        number=None if number is None else _checked(int, number),
        version=_checked(int, snapshot["version"]),
        user_id=_text(snapshot["user_id"]),
        status=OrderStatus(snapshot["status"]),
        total=_read_money(snapshot["total"]),
        created_at=_parse_timestamp(snapshot["created_at"]),
        updated_at=_parse_timestamp(snapshot["updated_at"]),
        deleted_at=None if deleted_at is None else _parse_timestamp(deleted_at),
        items=cart.items if cart else tuple(CustomItem(content) for content in _checked(list, snapshot["items"])),
        cart=cart,
        cancellation_reason=_text(snapshot["cancellation_reason"]),
        lines=tuple(_line(*line) for line in _checked(list, snapshot["lines"])),
        address=None if address is None else _address(address),
        shipment_id=_text(snapshot["shipment_id"]),
    )


def _line(product_id: Any, quantity: Any, unit_price: Any) -> OrderLine:
    return OrderLine(
        product_id=_checked(int, product_id), quantity=_checked(int, quantity), unit_price=_read_money(unit_price)
    )


def _address(address: Any) -> Address:
    return Address(**{field.name: address[field.name] for field in dataclass_fields(Address)})


def _checked(kind: type[_Read], value: Any) -> _Read:
    if type(value) is not kind:  # isinstance accepts true as an int
        raise TypeError(f"must be {kind.__name__}, not {type(value).__name__}")
    return value


def _text(value: Any) -> str | None:
    return None if value is None else _checked(str, value)


def _money(amount: Money) -> list[int | str]:
    return [amount.minor, amount.currency]


def _read_money(snapshot: Any) -> Money:
    minor, currency = snapshot
    return Money(minor, currency)


def _parse_timestamp(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a timestamp must have an offset")
    return at.astimezone(UTC)
