"""Cart snapshot from the cart service: its items, prices and user (source 004)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from orders_domain.errors import InvalidCart
from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH
from orders_domain.model.custom_item import MAX_ITEMS, CustomItem
from orders_domain.model.product import MAX_QUANTITY
from orders_domain.model.values.currencies import MINOR_UNIT_DIGITS
from orders_domain.model.values.json_values import JSON, JSONObject, json_error
from orders_domain.model.values.money import MAX_MINOR_UNITS, Money
from orders_domain.model.values.timestamps import parse_rfc3339

MAX_ID_LENGTH = 255
MAX_CLOCK_SKEW = timedelta(minutes=5)  # that the clock of the cart service may be ahead
_VERSIONS = range(2**63)


@dataclass(frozen=True, slots=True)
class Cart:
    """A valid snapshot of a cart, unchanged as sent, with totals that match its items. Unknown members are preserved.

    Raises:
        InvalidCart: a member is missing or invalid, or the totals do not match the items.
    """

    content: JSONObject

    def __post_init__(self) -> None:
        if not isinstance(self.content, Mapping):
            raise InvalidCart("A snapshot must be a JSON object.", field="cart")
        if error := json_error(self.content):
            raise InvalidCart(f"The snapshot {error}.", field="cart")
        _require_identity(self.content)
        currency = _currency(self.content)
        lines = _require_lines(_list(self.content, "items"), currency)
        _require_totals(_object(self.content, "totals"), lines, currency)

    @property
    def snapshot_id(self) -> str:
        """The id of the snapshot, of which at most one order is placed."""
        return str(self.content["snapshotId"])

    def has_content_of(self, other: Cart) -> bool:
        """Return whether both are the same cart, possibly signed with different secrets."""
        return _signed_part(self.content) == _signed_part(other.content)

    def ensure_current(self, *, at: datetime, max_age: timedelta) -> None:
        """Check that the cart may be ordered at the given time.

        Raises:
            InvalidCart: ``createdAt`` is more than ``max_age`` ago, or more than 5 minutes in the future.
        """
        created_at = parse_rfc3339(str(self.content["createdAt"]))
        if not -MAX_CLOCK_SKEW <= at - created_at <= max_age:
            raise InvalidCart(
                f"Must be at most {max_age.total_seconds():.0f} seconds ago and at most 5 minutes in the future.",
                field="createdAt",
            )

    @property
    def user_id(self) -> str | None:
        """The id of the cart's user, or None for a guest."""
        user_id: Any = self.content["userId"]
        return None if user_id is None else str(user_id)

    @property
    def items(self) -> tuple[CustomItem, ...]:
        """The items, unchanged as sent."""
        items: Any = self.content["items"]
        return tuple(CustomItem(item) for item in items)

    @property
    def totals(self) -> Mapping[str, Any]:
        """``itemCount``, ``totalQuantity``, ``subtotalCents``, ``currency`` and any other members sent with them."""
        totals: Any = self.content["totals"]
        return dict(totals)

    @property
    def total(self) -> Money:
        return Money(self.totals["subtotalCents"], self.totals["currency"])


def _signed_part(content: JSONObject) -> JSONObject:
    return {name: value for name, value in content.items() if name != "signature"}


def _require_identity(content: JSONObject) -> None:
    for name in ("snapshotId", "cartId", "signature"):
        _text(content, name, max_length=MAX_ID_LENGTH)
    _integer(content, "cartVersion", _VERSIONS)
    if _required(content, "userId") is not None:
        _text(content, "userId", max_length=MAX_SUBJECT_LENGTH)
    try:
        parse_rfc3339(_text(content, "createdAt", max_length=MAX_ID_LENGTH))
    except ValueError as error:
        raise InvalidCart("Must be an RFC 3339 timestamp with an offset.", field="createdAt") from error


def _require_lines(items: Sequence[JSON], currency: str) -> list[tuple[int, int]]:
    """Return each item's quantity and price in minor units."""
    if not 1 <= len(items) <= MAX_ITEMS:
        raise InvalidCart(f"Must have 1 to {MAX_ITEMS} items.", field="items")
    lines = []
    for position, item in enumerate(items):
        path = f"items.{position}"
        if not isinstance(item, Mapping):
            raise InvalidCart("Must be a JSON object.", field=path)
        quantity = _integer(item, "quantity", range(1, MAX_QUANTITY + 1), path)
        lines.append((quantity, _integer(item, "unitPriceCents", range(MAX_MINOR_UNITS + 1), path)))
        if item.get("currency", currency) != currency:
            raise InvalidCart(f"Must be {currency}, the currency of the cart.", field=f"{path}.currency")
    return lines


def _require_totals(totals: JSONObject, lines: Sequence[tuple[int, int]], currency: str) -> None:
    sums = {
        "itemCount": len(lines),
        "totalQuantity": sum(quantity for quantity, _ in lines),
        "subtotalCents": sum(quantity * price for quantity, price in lines),
    }
    for name, expected in sums.items():
        if _integer(totals, name, range(MAX_MINOR_UNITS + 1), "totals") != expected:
            raise InvalidCart(f"Must equal {expected}, as computed from the items.", field=f"totals.{name}")
    if _required(totals, "currency", "totals") != currency:
        raise InvalidCart(f"Must be {currency}, the currency of the cart.", field="totals.currency")


def _currency(content: JSONObject) -> str:
    currency = _required(content, "currency")
    if not isinstance(currency, str) or currency not in MINOR_UNIT_DIGITS:
        raise InvalidCart("Must be an ISO 4217 code in use.", field="currency")
    return currency


def _required(content: JSONObject, name: str, path: str = "") -> JSON:
    if name not in content:
        raise InvalidCart("This field is required.", field=_field_path(path, name))
    return content[name]


def _text(content: JSONObject, name: str, *, max_length: int) -> str:
    value = _required(content, name)
    if not isinstance(value, str) or not 1 <= len(value) <= max_length:
        raise InvalidCart(f"Must be a string of 1 to {max_length} characters.", field=name)
    return value


def _integer(content: JSONObject, name: str, allowed: range, path: str = "") -> int:
    value = _required(content, name, path)
    if type(value) is not int or value not in allowed:  # excludes booleans and 1.0
        raise InvalidCart(
            f"Must be a whole number from {allowed.start} to {allowed.stop - 1}.", field=_field_path(path, name)
        )
    return value


def _list(content: JSONObject, name: str) -> Sequence[JSON]:
    value = _required(content, name)
    if not isinstance(value, list):
        raise InvalidCart("Must be an array.", field=name)
    return value


def _object(content: JSONObject, name: str) -> JSONObject:
    value = _required(content, name)
    if not isinstance(value, Mapping):
        raise InvalidCart("Must be a JSON object.", field=name)
    return value


def _field_path(parent: str, name: str) -> str:
    return f"{parent}.{name}" if parent else name
