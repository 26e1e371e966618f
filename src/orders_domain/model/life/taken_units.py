"""Units of stock that an order has: those that it took, without those that it gave back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orders_domain.model.life.lines import line_counters, quantities, stock_quantities
from orders_domain.model.status import OrderStatus

if TYPE_CHECKING:
    from orders_domain.model.life.subject import Subject


def taken_units(order: Subject) -> dict[int, int]:
    """Return the units of each product that an order which is not deleted has, by the id of the product.

    A cancelled unit is given back, and a returned one if it is restocked. Of a canceled order every unit is.
    """
    if order.status is OrderStatus.CANCELED:
        return dict.fromkeys(stock_quantities(order), 0)
    pairs = enumerate(zip(quantities(order), line_counters(order), strict=True), start=1)
    units = {number: quantity - counter.cancelled for number, (quantity, counter) in pairs}
    for returned in order.life.returns:
        for number, quantity, restocked in returned.received:
            units[number] -= quantity if restocked else 0
    return stock_quantities(order, units)
