"""Open orders by their axes, and what else waits for somebody, for metrics."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class StockHoldBacklog:
    """The number of stock holds that have not ended, when the oldest was made, and the earliest expiry of them."""

    open: int
    oldest: datetime | None = None
    earliest_expiry: datetime | None = None  # in the past while no worker has ended the hold


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundBacklog:
    """The number of orders with a refund that nobody has answered, and the last change of the longest waiting one."""

    orders: int
    oldest_change: datetime | None = None
