"""State of an order: the one mapping between its fields and plain JSON, for history, cache and database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol, cast
from uuid import UUID

from orders_domain.model.address import Address
from orders_domain.model.cart import Cart
from orders_domain.model.custom_item import CustomItem
from orders_domain.model.life import placing
from orders_domain.model.life.charges import Charge
from orders_domain.model.life.state import Life
from orders_domain.model.origin import Origin
from orders_domain.model.product import OrderLine
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.json_values import JSON, StoredSequence, checked
from orders_domain.model.values.money import Money
from orders_domain.model.values.timestamps import parse_timestamp

CHANGING = ("status", "version", "updated_at", "deleted_at", "cancellation_reason")
"""The fields that a change may set. All others are as the order was placed, and the first history entry has them."""
FOLDED = "life"
"""The field that every change may set, and that the first history entry has too, if the order was placed with it."""
_NOT_PLACED = {*CHANGING, "id", "number", "created_at"}  # the entry has most of them as its own fields
SINCE_LIFE = (*placing.MAX_LENGTHS, "charges", FOLDED)
"""The fields that an entry has only if they are set, so that the entries of other contracts are as they were."""


class OrderContent(Protocol):
    """The fields of an order that are more than one value."""

    @property
    def items(self) -> Sequence[CustomItem]: ...
    @property
    def cart(self) -> Cart | None: ...
    @property
    def lines(self) -> Sequence[OrderLine]: ...
    @property
    def total(self) -> Money: ...
    @property
    def address(self) -> Address | None: ...
    @property
    def charges(self) -> tuple[Charge, ...]: ...
    @property
    def life(self) -> Life: ...


def order_state(order: OrderContent) -> dict[str, JSON]:
    """Return all fields except the contact as plain JSON. ``Order(**order_fields(order_state(order))) == order``."""
    return {name: scalar.dump(getattr(order, name)) for name, scalar in SCALARS.items()} | _content(order)


def order_values(order: OrderContent) -> dict[str, Any]:
    """Return the state with its scalars as Python values, such as for the columns of a row."""
    return {name: getattr(order, name) for name in SCALARS} | _content(order)


def placement_details(order: OrderContent) -> dict[str, JSON]:
    """Return the state as the first history entry records it."""
    return {
        name: value
        for name, value in order_state(order).items()
        if name not in _NOT_PLACED and (value or name not in SINCE_LIFE)
    }


def order_fields(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``Order`` from the result of ``order_state`` or ``order_values``; ignore other members.

    Raises:
        LookupError, TypeError, ValueError, AttributeError, OverflowError: a member is missing or has another type.
        InvalidValue: a member has a value that is not allowed.
    """
    cart = None if state["cart"] is None else Cart.stored(checked(dict, state["cart"]))
    currency, address = state["currency"], state["address"]
    return {
        **{name: scalar.load(state[name]) for name, scalar in _ALWAYS.items()},
        **{name: _OPTIONAL_TEXT.load(state.get(name)) for name in placing.MAX_LENGTHS},
        "charges": tuple(Charge.from_json(charge) for charge in state.get("charges") or ()),
        "life": Life.from_json(state.get("life")),
        "items": cart.items if cart else stored_items(state["items"]),
        "cart": cart,
        "lines": _lines(state["lines"], currency),
        "total": Money(state["total_minor"], currency),
        "address": None if address is None else Address(**{part.name: address[part.name] for part in fields(Address)}),
    }


def _content(order: OrderContent) -> dict[str, JSON]:
    return {
        "items": [] if order.cart else [cast(JSON, dict(item.content)) for item in order.items],
        "cart": cast(JSON, dict(order.cart.content)) if order.cart else None,
        "lines": [_line_state(line) for line in order.lines],
        "total_minor": order.total.minor,
        "currency": order.total.currency,
        "address": cast(JSON, order.address.as_dict()) if order.address else None,
        "charges": [cast(JSON, charge.as_json()) for charge in order.charges],
        "life": order.life.as_json(),
    }


def _line_state(line: OrderLine) -> list[JSON]:
    """Return the line; one of an earlier release has no sku and no title."""
    described: list[JSON] = [line.sku, line.title] if line.sku is not None or line.title is not None else []
    return [line.product_id, line.quantity, line.unit_price.minor, *described]


def stored_items(contents: Any) -> Sequence[CustomItem]:
    """Return the items of their JSON, or those that were read before.

    Raises:
        TypeError: it is not a list of objects.
    """
    if isinstance(contents, StoredSequence | tuple):
        return contents
    for kind in set(map(type, checked(list, contents))) - {dict}:
        raise TypeError(f"An item must be dict, not {kind.__name__}.")
    return StoredSequence(contents, CustomItem.stored) if contents else ()


def _lines(contents: Any, currency: str) -> Sequence[OrderLine]:
    """Return the lines, which are checked together, because that takes a small part of the time of building each."""
    if not checked(list, contents):
        return ()
    texts = [text for line in contents for text in line[3:]]
    if set(map(len, contents)) - {3, 5} or set(map(type, texts)) - {str, type(None)}:
        raise TypeError("A line must be a list of two whole numbers, an amount and, if it has them, two texts.")
    product_ids, quantities, amounts = zip(*(line[:3] for line in contents), strict=True)
    for kind in set(map(type, (*product_ids, *quantities, *amounts))) - {int}:
        raise TypeError(f"A number of a line must be int, not {kind.__name__}.")
    for minor in (min(amounts), max(amounts)):
        Money(minor, currency)
    return StoredSequence(contents, partial(_line, currency))


def _line(currency: str, line: Sequence[Any]) -> OrderLine:
    product_id, quantity, minor, *described = line
    sku, title = described or (None, None)
    return OrderLine(product_id=product_id, quantity=quantity, unit_price=Money(minor, currency), sku=sku, title=title)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A field of one value: how it becomes plain JSON, and how it is read from that or from the value itself."""

    dump: Callable[[Any], JSON]
    load: Callable[[Any], Any]


def _optional(scalar: Scalar) -> Scalar:
    return Scalar(
        lambda value: None if value is None else scalar.dump(value),
        lambda value: None if value is None else scalar.load(value),
    )


def _unchanged(value: Any) -> JSON:
    return cast(JSON, value)


def _timestamp(value: str | datetime) -> datetime:
    return value if isinstance(value, datetime) else parse_timestamp(value)


_TEXT = Scalar(_unchanged, lambda value: checked(str, value))
_OPTIONAL_TEXT = _optional(_TEXT)
_INTEGER = Scalar(_unchanged, lambda value: checked(int, value))
_TIMESTAMP = Scalar(lambda at: at.astimezone(UTC).isoformat(), _timestamp)

SCALARS: Mapping[str, Scalar] = MappingProxyType(
    {
        "id": Scalar(str, lambda value: value if isinstance(value, UUID) else UUID(value)),
        "number": _optional(_INTEGER),
        "origin": Scalar(lambda origin: origin.value, Origin),
        "user_id": _OPTIONAL_TEXT,
        "status": Scalar(lambda status: status.value, OrderStatus),
        "version": _INTEGER,
        "created_at": _TIMESTAMP,
        "updated_at": _TIMESTAMP,
        "deleted_at": _optional(_TIMESTAMP),
        "cancellation_reason": _OPTIONAL_TEXT,
        "shipment_id": _OPTIONAL_TEXT,
        **dict.fromkeys(placing.MAX_LENGTHS, _OPTIONAL_TEXT),
    }
)
"""The fields of one value, by name."""
_ALWAYS = {name: scalar for name, scalar in SCALARS.items() if name not in SINCE_LIFE}
