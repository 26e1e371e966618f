"""One line of an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from orders_domain.errors import InvalidItem
from orders_domain.model.json_values import JSONObject, json_error
from orders_domain.model.money import EXACT, to_decimal

MAX_ITEMS = 1_000


@dataclass(frozen=True, slots=True)
class CustomItem:
    """A line as its client describes it: any JSON object, kept and given back as sent.

    Raises:
        InvalidItem: not an object, or not storable (see ``orders_domain.model.json_values``).
    """

    content: JSONObject

    def __post_init__(self) -> None:
        if not isinstance(self.content, Mapping):
            raise InvalidItem("An item is a JSON object.", field="items")
        if flaw := json_error(self.content):
            raise InvalidItem(f"An item {flaw}.", field="items")

    @property
    def quantity(self) -> Decimal | None:
        """What the line has as a number under ``quantity`` or ``qty``; else None."""
        return to_decimal(self.content.get("quantity", self.content.get("qty")))

    @property
    def subtotal(self) -> Decimal | None:
        """Quantity times price, in major units, where the line has both as numbers; else None.

        The price goes by ``unit_price`` or ``price``.
        """
        quantity = self.quantity
        price = to_decimal(self.content.get("unit_price", self.content.get("price")))
        return None if quantity is None or price is None else EXACT.multiply(quantity, price)
