"""Order item described by the client as a JSON object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal

from orders_domain.errors import InvalidAmount, InvalidItem, TotalMismatch
from orders_domain.model.values.json_values import JSON, JSONObject, count_values, json_error, json_size
from orders_domain.model.values.money import EXACT, Money, rounded_sums, to_decimal

MAX_ITEMS = 1_000
_SHOWN_DIGITS = 15  # of an expected total; a longer one exceeds the maximum of an amount


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentLimits:
    """The maximum of an order's own content, because an order is stored, copied and listed as a whole."""

    max_bytes: int = 64 * 1024  # of JSON
    max_values: int = 10_000

    def error(self, contents: Sequence[JSONObject]) -> str | None:
        """Return what is wrong with the contents together, or None."""
        values = sum(count_values(content, limit=self.max_values) for content in contents)
        size = sum(map(json_size, contents))
        if values <= self.max_values and size <= self.max_bytes:
            return None
        found = f"{values:,}" if values <= self.max_values else f"more than {self.max_values:,}"
        return (
            f"must be at most {self.max_bytes:,} bytes of JSON and {self.max_values:,} values, "
            f"not {size:,} bytes and {found} values"
        )


@dataclass(frozen=True, slots=True)
class CustomItem:
    """An item as the client describes it: any JSON object, stored and returned unchanged.

    Raises:
        InvalidItem: the content is not an object, or not storable (see ``orders_domain.model.values.json_values``).
    """

    content: JSONObject

    def __post_init__(self) -> None:
        if not isinstance(self.content, Mapping):
            raise InvalidItem("An item must be a JSON object.", field="items")
        if error := json_error(self.content):
            raise InvalidItem(f"An item {error}.", field="items")

    @classmethod
    def stored(cls, content: JSONObject) -> CustomItem:
        """Return the item of content that was checked before it was stored; it is not checked again."""
        item = object.__new__(cls)
        object.__setattr__(item, _CONTENT, content)
        return item

    @property
    def quantity(self) -> Decimal | None:
        """The member ``quantity`` or ``qty`` if it is a number, otherwise None."""
        return to_decimal(self.content.get("quantity", self.content.get("qty")))

    @property
    def sku(self) -> str | None:
        """The member ``sku`` if it is a string, otherwise None."""
        sku = self.content.get("sku")
        return sku if isinstance(sku, str) else None

    def as_line(self, currency: str) -> dict[str, JSON]:
        """Return what the item says of its product, quantity and price, by the names of a line; all are optional.

        ``product_id`` is a whole number, ``sku`` a text, ``quantity`` a number, ``unit_price_minor`` minor units.
        """
        product_id = self.content.get("product_id")
        stated = self.content.get("quantity", self.content.get("qty"))
        # It is nearly always a whole number, and an answer about an order asks for that of each item.
        quantity = stated if type(stated) is int and abs(stated) < 2**53 else _number(self.quantity)
        line: dict[str, JSON] = {
            "product_id": product_id if type(product_id) is int else None,
            "sku": self.sku,
            "quantity": quantity,
            "unit_price_minor": self._unit_price_minor(currency),
        }
        return {name: value for name, value in line.items() if value is not None}

    def _unit_price_minor(self, currency: str) -> int | None:
        cents = self.content.get("unitPriceCents", self.content.get("unit_price_minor"))
        if type(cents) is int:
            return cents
        price = to_decimal(self.content.get("unit_price", self.content.get("price")))
        try:
            return None if price is None else Money.of(price, currency).minor
        except InvalidAmount:
            return None

    @property
    def subtotal(self) -> Decimal | None:
        """Quantity times price, in major units, or None if one of them is not a number.

        The price is the member ``unit_price`` or ``price``.
        """
        quantity = self.quantity
        price = to_decimal(self.content.get("unit_price", self.content.get("price")))
        return None if quantity is None or price is None else EXACT.multiply(quantity, price)


_CONTENT = fields(CustomItem)[0].name


def _number(number: Decimal | None) -> int | float | None:
    if number is None:
        return None
    return int(number) if abs(number) < 2**53 and number % 1 == 0 else float(number)


def ensure_bounded(items: Sequence[CustomItem], limits: ContentLimits) -> None:
    """Check the size of all items together.

    Raises:
        InvalidItem: they exceed the limits.
    """
    if error := limits.error([item.content for item in items]):
        raise InvalidItem(f"The items of an order {error}.", field="items")


def ensure_sum(subtotals: Sequence[Decimal | None], total: Money) -> None:
    """Check that the total is the rounded sum of the subtotals, if all of them are known.

    Raises:
        TotalMismatch: it is not.
    """
    known = [subtotal for subtotal in subtotals if subtotal is not None]
    if subtotals and len(known) == len(subtotals):
        acceptable = rounded_sums(known, total.currency)
        if total.amount not in acceptable:
            raise TotalMismatch(_expected(acceptable[0]), field="total")


def _expected(expected: Decimal) -> str:
    sentence = "The total must be the sum of the items' quantities times their prices"
    return f"{sentence}: {expected:f}." if abs(expected.adjusted()) <= _SHOWN_DIGITS else f"{sentence}."
