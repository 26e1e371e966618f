"""Pricing of catalogue orders: stock check, order lines at current prices, and their total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orders_domain.errors import InsufficientStock, InvalidAmount, InvalidValue, Shortage
from orders_domain.model.product import OrderLine, Product, ProductId
from orders_domain.model.values.money import Money


def ensure_in_stock(quantities: Mapping[ProductId, int], products: Mapping[ProductId, Product]) -> None:
    """Check that each product has enough stock. The check is preliminary: ``Stock.deduct`` decides.

    Raises:
        InsufficientStock: products have insufficient stock or are unknown; the error has all of them.
    """
    if shortages := find_shortages(quantities, products):
        raise InsufficientStock(shortages)


def find_shortages(quantities: Mapping[ProductId, int], products: Mapping[ProductId, Product]) -> tuple[Shortage, ...]:
    """Return the products with insufficient stock and the unknown ones, in the order of ``quantities``."""
    return tuple(
        Shortage(
            product_id=product_id,
            name=product.name if product else None,
            requested=quantity,
            available=product.stock if product else 0,
        )
        for product_id, quantity in quantities.items()
        if (product := products.get(product_id)) is None or product.stock < quantity
    )


def build_lines(quantities: Mapping[ProductId, int], products: Mapping[ProductId, Product]) -> list[OrderLine]:
    return [
        OrderLine(
            product_id=product_id,
            quantity=quantity,
            unit_price=products[product_id].price,
            sku=products[product_id].sku,
            title=products[product_id].name,
        )
        for product_id, quantity in quantities.items()
    ]


def total_of(lines: Sequence[OrderLine]) -> Money:
    """Return the sum of the lines.

    Raises:
        InvalidValue: there are no lines, their prices have several currencies, or the sum is not a valid amount.
    """
    if not lines:
        raise InvalidValue("An order must have at least one item.", field="items")
    if len({line.unit_price.currency for line in lines}) > 1:
        raise InvalidValue("The products' prices must be in one currency.", field="items")
    try:
        return Money(sum(line.subtotal.minor for line in lines), lines[0].unit_price.currency)
    except InvalidAmount as error:
        raise InvalidAmount(str(error), field="items") from None
