"""A cart as its service handed it over: what is in it, at which prices, and for whom (source 004)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orders_domain.errors import CartRefused
from orders_domain.model.actor import LONGEST_SUBJECT
from orders_domain.model.currencies import DECIMALS
from orders_domain.model.custom_item import MOST_ITEMS, Item
from orders_domain.model.json_values import JSON, JSONObject, flaw_in_json
from orders_domain.model.money import MOST_MINOR_UNITS, Money
from orders_domain.model.product import LARGEST_QUANTITY
from orders_domain.model.timestamps import moment

LONGEST_ID = 255
_VERSIONS = range(2**63)


@dataclass(frozen=True, slots=True)
class Cart:
    """A snapshot of a cart, whole as it was sent, whose figures agree with each other. Members unknown to us are kept.

    Raises:
        CartRefused: a member is missing or not what it should be, or the totals are not those of the items.
    """

    content: JSONObject

    def __post_init__(self) -> None:
        if not isinstance(self.content, Mapping):
            raise CartRefused("A snapshot is a JSON object.", field="cartSnapshot")
        if flaw := flaw_in_json(self.content):
            raise CartRefused(f"The snapshot {flaw}.", field="cartSnapshot")
        _require_identity(self.content)
        currency = _currency(self.content)
        lines = _require_lines(_list(self.content, "items"), currency)
        _require_totals(_object(self.content, "totals"), lines, currency)

    @property
    def user_id(self) -> str | None:
        """Whose it is; None for a guest's."""
        user_id: Any = self.content["userId"]
        return None if user_id is None else str(user_id)

    @property
    def items(self) -> tuple[Item, ...]:
        """The items, as sent."""
        items: Any = self.content["items"]
        return tuple(Item(item) for item in items)

    @property
    def totals(self) -> Mapping[str, Any]:
        """``itemCount``, ``totalQuantity``, ``subtotalCents`` and ``currency``, and what else was sent with them."""
        totals: Any = self.content["totals"]
        return dict(totals)

    @property
    def total(self) -> Money:
        return Money(self.totals["subtotalCents"], self.totals["currency"])


def _require_identity(content: JSONObject) -> None:
    for name in ("snapshotId", "cartId", "signature"):
        _text(content, name, longest=LONGEST_ID)
    _whole(content, "cartVersion", _VERSIONS)
    if _member(content, "userId") is not None:
        _text(content, "userId", longest=LONGEST_SUBJECT)
    try:
        moment(_text(content, "createdAt", longest=LONGEST_ID))
    except ValueError as flaw:
        raise CartRefused("An RFC 3339 timestamp with its offset.", field="createdAt") from flaw


def _require_lines(items: Sequence[JSON], currency: str) -> list[tuple[int, int]]:
    """Return each item's quantity and price in minor units."""
    if not 1 <= len(items) <= MOST_ITEMS:
        raise CartRefused(f"1 to {MOST_ITEMS} items.", field="items")
    lines = []
    for position, item in enumerate(items):
        place = f"items.{position}"
        if not isinstance(item, Mapping):
            raise CartRefused("A JSON object.", field=place)
        quantity = _whole(item, "quantity", range(1, LARGEST_QUANTITY + 1), place)
        lines.append((quantity, _whole(item, "unitPriceCents", range(MOST_MINOR_UNITS + 1), place)))
        if item.get("currency", currency) != currency:
            raise CartRefused(f"The cart's one currency, {currency}.", field=f"{place}.currency")
    return lines


def _require_totals(totals: JSONObject, lines: Sequence[tuple[int, int]], currency: str) -> None:
    sums = {
        "itemCount": len(lines),
        "totalQuantity": sum(quantity for quantity, _ in lines),
        "subtotalCents": sum(quantity * price for quantity, price in lines),
    }
    for name, wanted in sums.items():
        if _whole(totals, name, range(MOST_MINOR_UNITS + 1), "totals") != wanted:
            raise CartRefused(f"The items make {wanted}.", field=f"totals.{name}")
    if _member(totals, "currency", "totals") != currency:
        raise CartRefused(f"The cart's one currency, {currency}.", field="totals.currency")


def _currency(content: JSONObject) -> str:
    currency = _member(content, "currency")
    if not isinstance(currency, str) or currency not in DECIMALS:
        raise CartRefused("An ISO 4217 code in use.", field="currency")
    return currency


def _member(content: JSONObject, name: str, within: str = "") -> JSON:
    if name not in content:
        raise CartRefused("Missing.", field=_place(within, name))
    return content[name]


def _text(content: JSONObject, name: str, *, longest: int) -> str:
    value = _member(content, name)
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        raise CartRefused(f"A string of 1 to {longest} characters.", field=name)
    return value


def _whole(content: JSONObject, name: str, within: range, place: str = "") -> int:
    value = _member(content, name, place)
    if type(value) is not int or value not in within:  # not true, not 1.0
        raise CartRefused(f"A whole number from {within.start} to {within.stop - 1}.", field=_place(place, name))
    return value


def _list(content: JSONObject, name: str) -> Sequence[JSON]:
    value = _member(content, name)
    if not isinstance(value, list):
        raise CartRefused("An array.", field=name)
    return value


def _object(content: JSONObject, name: str) -> JSONObject:
    value = _member(content, name)
    if not isinstance(value, Mapping):
        raise CartRefused("A JSON object.", field=name)
    return value


def _place(within: str, name: str) -> str:
    return f"{within}.{name}" if within else name
