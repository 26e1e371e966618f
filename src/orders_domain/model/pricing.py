"""What an order of products comes to: whether there is enough, its lines at the prices of the moment, their sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orders_domain.errors import InsufficientStock, InvalidAmount, InvalidValue, Shortage
from orders_domain.model.money import Money
from orders_domain.model.product import OrderLine, Product, ProductId


def ensure_in_stock(quantities: Mapping[ProductId, int], products: Mapping[ProductId, Product]) -> None:
    """Return if there seems to be enough of all; a first look, and whoever takes the stock decides.

    Raises:
        InsufficientStock: products are short or unknown: all of those are named.
    """
    if short := find_shortages(quantities, products):
        raise InsufficientStock(short)


def find_shortages(quantities: Mapping[ProductId, int], products: Mapping[ProductId, Product]) -> tuple[Shortage, ...]:
    """Return what is short or unknown, in the order in which it is wanted; nothing, where there is enough of all."""
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
        OrderLine(product_id=product_id, quantity=quantity, unit_price=products[product_id].price)
        for product_id, quantity in quantities.items()
    ]


def total_of(lines: Sequence[OrderLine]) -> Money:
    """Return the sum of the lines.

    Raises:
        Refused: there is none, they are in several currencies, or the sum is no amount.
    """
    if not lines:
        raise InvalidValue("An order has at least one item.", field="order_items")
    if len({line.unit_price.currency for line in lines}) > 1:
        raise InvalidValue("The products' prices are in several currencies.", field="order_items")
    try:
        return Money(sum(line.subtotal.minor for line in lines), lines[0].unit_price.currency)
    except InvalidAmount as refusal:
        raise InvalidAmount(str(refusal), field="order_items") from None
