"""Order item described by the client as a JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from orders_domain.errors import InvalidItem
from orders_domain.model.values.json_values import JSONObject, json_error
from orders_domain.model.values.money import EXACT, to_decimal

MAX_ITEMS = 1_000


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

    @property
    def quantity(self) -> Decimal | None:
        """The member ``quantity`` or ``qty`` if it is a number, otherwise None."""
        return to_decimal(self.content.get("quantity", self.content.get("qty")))

    @property
    def subtotal(self) -> Decimal | None:
        """Quantity times price, in major units, or None if one of them is not a number.

        The price is the member ``unit_price`` or ``price``.
        """
        quantity = self.quantity
        price = to_decimal(self.content.get("unit_price", self.content.get("price")))
        return None if quantity is None or price is None else EXACT.multiply(quantity, price)
