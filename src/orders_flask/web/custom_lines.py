"""Custom items as order lines, because orders placed through other contracts have custom items."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from orders_domain.model.custom_item import CustomItem
from orders_domain.model.values.money import to_decimal, to_major_units

PRODUCT = ("productID", "productId", "product_id", "sku")
"""Members that clients of the contracts use for an item's product."""

_EXACT = 2**53  # larger integers are not exact in JSON parsers that use doubles


def product_of(item: CustomItem) -> Any:
    """Return the item's product as it was sent, or None."""
    return next((item.content[name] for name in PRODUCT if name in item.content), None)


def price_of(item: CustomItem, currency: str) -> Decimal | None:
    """Return the price of one unit in major units, or None if the item does not have it."""
    content: Mapping[str, Any] = item.content
    cents = content.get("unitPriceCents")
    if type(cents) is int:
        return to_major_units(cents, currency)
    return to_decimal(content.get("unit_price", content.get("price")))


def json_number(number: Decimal | None) -> int | float | None:
    if number is None:
        return None
    return int(number) if abs(number) < _EXACT and number % 1 == 0 else float(number)
