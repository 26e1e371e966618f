"""Open orders by their axes, for metrics."""

from dataclasses import dataclass
from datetime import datetime

from orders_domain.model.life.axes import FulfillmentStatus, PaymentStatus
from orders_domain.model.status import OrderStatus

OPEN_STATUSES = (OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.PAID)
"""The statuses in which units are open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrders:
    """The number of orders with the same status and axes, and the last change of the one that has waited longest."""

    status: OrderStatus
    payment: PaymentStatus
    fulfillment: FulfillmentStatus
    is_held: bool
    count: int
    oldest_change: datetime
