"""User notifications of order changes, with their message texts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orders_domain.model.status import OrderStatus
from orders_domain.model.total_table import total_table

_MESSAGES = total_table(
    OrderStatus,
    {
        OrderStatus.PENDING: "Your order {} was received.",
        OrderStatus.CONFIRMED: "Your order {} is confirmed.",
        OrderStatus.PAID: "Your order {} is paid.",
        OrderStatus.SHIPPED: "Your order {} is on its way.",
        OrderStatus.DELIVERED: "Your order {} was delivered.",
        OrderStatus.CANCELED: "Your order {} was cancelled.",
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A notification for one user. Its id is the same at every delivery, so that consumers can deduplicate."""

    id: UUID
    user_id: str
    order: str  # the short number
    message: str
    occurred_at: datetime


def message_for(status: OrderStatus, *, order: object) -> str:
    """Return the message for an order's new status."""
    return _MESSAGES[status].format(order)
