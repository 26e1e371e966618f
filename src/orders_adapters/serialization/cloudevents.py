"""Events and orders as bytes, and back: CloudEvents 1.0 for the exchange, whole snapshots for the cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson

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
_FLAWS = (ValueError, LookupError, TypeError, AttributeError, OverflowError, InvalidValue)
_Read = TypeVar("_Read")


class DecodeError(Exception):
    """These bytes are not what they should be."""


def event_bytes(event: Event) -> bytes:
    """Return the event as a CloudEvents 1.0 JSON message in structured mode."""
    return json_bytes({**event_attributes(event), "data": event.data})


def event_attributes(event: Event) -> dict[str, str | int]:
    """Return what CloudEvents 1.0 says of an event beside its data."""
    trace = {} if event.traceparent is None else {"traceparent": event.traceparent}
    return {
        "specversion": "1.0",
        "id": str(event.id),
        "source": SOURCE,
        "type": event.type,
        "subject": str(event.order_id),
        "time": _moment(event.at),
        "datacontenttype": "application/json",
        "orderversion": event.version,
        **trace,
    }


def read_event(raw: bytes) -> Event:
    """Return the event of a message; members we do not know are ignored.

    Raises:
        Unreadable: it is no event of an order.
    """
    return _read(raw, _event)


def order_bytes(order: Order) -> bytes:
    """Return the order as it stands, whole; what its verbs wrote since it was loaded is no part of that."""
    return json_bytes(
        {
            "id": str(order.id),
            "origin": order.origin.value,
            "number": order.number,
            "version": order.version,
            "user_id": order.user_id,
            "status": order.status.value,
            "total": _money(order.total),
            "created_at": _moment(order.created_at),
            "updated_at": _moment(order.updated_at),
            "deleted_at": None if order.deleted_at is None else _moment(order.deleted_at),
            "items": [] if order.cart else [item.content for item in order.items],
            "cart": None if order.cart is None else order.cart.content,
            "cancellation_reason": order.cancellation_reason,
            "lines": [[line.product_id, line.quantity, _money(line.unit_price)] for line in order.lines],
            "address": None if order.address is None else order.address.as_dict(),
            "shipment_id": order.shipment_id,
        }
    )


def read_order(raw: bytes) -> Order:
    """Return the order of a snapshot; members we do not know are ignored.

    Raises:
        Unreadable: it is no snapshot of an order.
    """
    return _read(raw, _order)


def json_bytes(value: Any) -> bytes:
    return orjson.dumps(value, default=dict)  # dict: of mappings that are none, such as mapping proxies


def _read(raw: bytes, build: Callable[[Any], _Read]) -> _Read:
    try:
        return build(orjson.loads(raw))
    except _FLAWS as flaw:
        raise DecodeError(f"{type(flaw).__name__}: {flaw}") from flaw


def _event(message: Any) -> Event:
    if message["specversion"] != "1.0":
        raise ValueError("not CloudEvents 1.0")
    return Event(
        id=UUID(message["id"]),
        type=_is(str, message["type"]),
        order_id=UUID(message["subject"]),
        version=_is(int, message["orderversion"]),
        at=_read_moment(message["time"]),
        data=_is(dict, message["data"]),
        traceparent=_is(str, message["traceparent"]) if "traceparent" in message else None,
    )


def _order(snapshot: Any) -> Order:
    number, deleted_at, address = snapshot["number"], snapshot["deleted_at"], snapshot["address"]
    cart = None if snapshot["cart"] is None else Cart(_is(dict, snapshot["cart"]))
    return Order(
        id=UUID(snapshot["id"]),
        origin=Origin(snapshot["origin"]),
        number=None if number is None else _is(int, number),
        version=_is(int, snapshot["version"]),
        user_id=_text(snapshot["user_id"]),
        status=OrderStatus(snapshot["status"]),
        total=_read_money(snapshot["total"]),
        created_at=_read_moment(snapshot["created_at"]),
        updated_at=_read_moment(snapshot["updated_at"]),
        deleted_at=None if deleted_at is None else _read_moment(deleted_at),
        items=cart.items if cart else tuple(CustomItem(content) for content in _is(list, snapshot["items"])),
        cart=cart,
        cancellation_reason=_text(snapshot["cancellation_reason"]),
        lines=tuple(_line(*line) for line in _is(list, snapshot["lines"])),
        address=None if address is None else _address(address),
        shipment_id=_text(snapshot["shipment_id"]),
    )


def _line(product_id: Any, quantity: Any, unit_price: Any) -> OrderLine:
    return OrderLine(product_id=_is(int, product_id), quantity=_is(int, quantity), unit_price=_read_money(unit_price))


def _address(parts: Any) -> Address:
    return Address(**{part.name: parts[part.name] for part in fields(Address)})


def _is(kind: type[_Read], value: Any) -> _Read:
    if type(value) is not kind:  # isinstance would take true for 1
        raise TypeError(f"{kind.__name__} expected, not {type(value).__name__}")
    return value


def _text(value: Any) -> str | None:
    return None if value is None else _is(str, value)


def _money(amount: Money) -> list[int | str]:
    return [amount.minor, amount.currency]


def _read_money(snapshot: Any) -> Money:
    minor, currency = snapshot
    return Money(minor, currency)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read_moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without its offset")
    return at.astimezone(UTC)
