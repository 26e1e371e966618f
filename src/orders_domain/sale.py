"""What an order of products comes to: whether there is enough, its lines at the prices of the moment, their sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orders_domain.errors import InsufficientStock, Refused
from orders_domain.money import Money
from orders_domain.product import Line, Product, ProductId, Shortage


def require_enough(wanted: Mapping[ProductId, int], products: Mapping[ProductId, Product]) -> None:
    """Return if there seems to be enough of all; a first look, and whoever takes the stock decides.

    Raises:
        InsufficientStock: products are short or unknown: all of those are named.
    """
    short = [
        Shortage(
            product_id=product_id,
            name=product.name if product else None,
            requested=quantity,
            available=product.stock if product else 0,
        )
        for product_id, quantity in wanted.items()
        if (product := products.get(product_id)) is None or product.stock < quantity
    ]
    if short:
        raise InsufficientStock(tuple(short))


def lines(wanted: Mapping[ProductId, int], products: Mapping[ProductId, Product]) -> list[Line]:
    return [
        Line(product_id=product_id, quantity=quantity, unit_price=products[product_id].price)
        for product_id, quantity in wanted.items()
    ]


def total(of: Sequence[Line]) -> Money:
    """Return the sum of the lines.

    Raises:
        Refused: there is none, they are in several currencies, or the sum is no amount.
    """
    if not of:
        raise Refused("An order has at least one item.", field="order_items")
    if len({line.unit_price.currency for line in of}) > 1:
        raise Refused("The products' prices are in several currencies.", field="order_items")
    return Money(sum(line.subtotal.minor for line in of), of[0].unit_price.currency)
