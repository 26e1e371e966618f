"""Cart snapshot from the cart service: its items, prices and user (source 004)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from orders_domain.errors import InvalidCart
from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH
from orders_domain.model.accounts.contact import Contact
from orders_domain.model.custom_item import MAX_ITEMS, ContentLimits, CustomItem
from orders_domain.model.product import MAX_QUANTITY
from orders_domain.model.values.currencies import MINOR_UNIT_DIGITS
from orders_domain.model.values.json_values import JSON, JSONObject, json_error, same_json
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
        items = _require_items(_list(self.content, "items"), currency)
        _require_totals(_object(self.content, "totals"), items, currency)

    @classmethod
    def stored(cls, content: JSONObject) -> Cart:
        """Return the cart of content that was checked before it was stored; it is not checked again."""
        cart = object.__new__(cls)
        object.__setattr__(cart, fields(cls)[0].name, content)
        return cart

    def ensure_bounded(self, limits: ContentLimits) -> None:
        """Check the size of the snapshot.

        Raises:
            InvalidCart: it exceeds the limits.
        """
        if error := limits.error([self.content]):
            raise InvalidCart(f"The snapshot {error}.", field="cart")

    @property
    def snapshot_id(self) -> str:
        """The id of the snapshot, of which at most one order is placed."""
        return str(self.content["snapshotId"])

    def has_content_of(self, other: Cart) -> bool:
        """Return whether both are the same cart, possibly signed with different secrets."""
        return same_json(_signed_part(self.content), _signed_part(other.content))

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
        user_id: Any = self.content.get("userId")
        return None if user_id is None else str(user_id)

    @property
    def contact(self) -> Contact:
        """The ``email``, ``phone`` and ``locale`` of the signed snapshot, or of its member ``customer``."""
        customer = self.content.get("customer")
        members = {**(customer if isinstance(customer, Mapping) else {}), **self.content}
        return Contact.of(email=members.get("email"), phone=members.get("phone"), language=members.get("locale"))

    @property
    def items(self) -> tuple[CustomItem, ...]:
        """The items, unchanged as sent."""
        items: Any = self.content["items"]
        return tuple(CustomItem.stored(item) for item in items)

    @property
    def totals(self) -> Mapping[str, Any]:
        """``itemCount``, ``totalQuantity``, ``subtotalCents``, ``currency`` and any other members sent with them."""
        totals: Any = self.content["totals"]
        return dict(totals)

    @property
    def total(self) -> Money:
        """The sum of the items, or 0 if the cart service knows no prices."""
        return Money(self.totals["subtotalCents"] or 0, self.totals["currency"])


def _signed_part(content: JSONObject) -> JSONObject:
    return {name: value for name, value in content.items() if name != "signature"}


def _require_identity(content: JSONObject) -> None:
    for name in ("snapshotId", "cartId", "signature"):
        _text(content, name, max_length=MAX_ID_LENGTH)
    _integer(content, "cartVersion", _VERSIONS)
    if content.get("userId") is not None:
        _text(content, "userId", max_length=MAX_SUBJECT_LENGTH)
    try:
        parse_rfc3339(_text(content, "createdAt", max_length=MAX_ID_LENGTH))
    except ValueError as error:
        raise InvalidCart("Must be an RFC 3339 timestamp with an offset.", field="createdAt") from error


def _require_items(items: Sequence[JSON], currency: str) -> list[tuple[int, int | None]]:
    """Return each item's quantity, and its price in minor units; either every item has a price or none has."""
    if not 1 <= len(items) <= MAX_ITEMS:
        raise InvalidCart(f"Must have 1 to {MAX_ITEMS} items.", field="items")
    checked = [_require_item(item, currency, f"items.{position}") for position, item in enumerate(items)]
    priced = [price is not None for _, price in checked]
    if any(priced) and not all(priced):
        raise InvalidCart(
            "Must be a whole number, because other items have a price.",
            field=f"items.{priced.index(False)}.unitPriceCents",
        )
    return checked


def _require_item(item: JSON, currency: str, path: str) -> tuple[int, int | None]:
    if not isinstance(item, Mapping):
        raise InvalidCart("Must be a JSON object.", field=path)
    if item.get("currency") not in (None, currency):
        raise InvalidCart(f"Must be {currency}, the currency of the cart.", field=f"{path}.currency")
    if item.get("unitPriceCents") is None:
        return _quantity(item, path), None
    return _quantity(item, path), _integer(item, "unitPriceCents", range(MAX_MINOR_UNITS + 1), path)


def _quantity(item: JSONObject, path: str) -> int:
    """Return the member ``quantity`` or ``qty``; an item that has both must have them alike."""
    names = [name for name in ("quantity", "qty") if name in item] or ["quantity"]
    quantities = [_integer(item, name, range(1, MAX_QUANTITY + 1), path) for name in names]
    if len(set(quantities)) > 1:
        raise InvalidCart("Must equal quantity.", field=f"{path}.qty")
    return quantities[0]


def _require_totals(totals: JSONObject, items: Sequence[tuple[int, int | None]], currency: str) -> None:
    sums = {
        "itemCount": len(items),
        "totalQuantity": sum(quantity for quantity, _ in items),
        "subtotalCents": sum(quantity * price for quantity, price in items if price is not None),
    }
    if items[0][1] is None:
        del sums["subtotalCents"]
        if _required(totals, "subtotalCents", "totals") is not None:
            raise InvalidCart("Must be null, because no item has a price.", field="totals.subtotalCents")
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
