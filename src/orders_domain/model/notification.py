"""What a user is told of a change of an order, in words for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orders_domain.model.status import OrderStatus, StatusVocabulary

ORDER_STATUS_CHANGED = "ORDER_STATUS_CHANGED"

STATUS_NAMES = StatusVocabulary(
    {
        OrderStatus.PENDING: "pending",
        OrderStatus.CONFIRMED: "confirmed",
        OrderStatus.PAID: "confirmed",
        OrderStatus.SHIPPED: "shipped",
        OrderStatus.DELIVERED: "delivered",
        OrderStatus.CANCELED: "cancelled",
    }
)
"""The words of source 003, whose users hear of it; it has no word for paid."""

_MESSAGES = {
    OrderStatus.PENDING: "Your order {} was received.",
    OrderStatus.CONFIRMED: "Your order {} is confirmed.",
    OrderStatus.PAID: "Your order {} is paid.",
    OrderStatus.SHIPPED: "Your order {} is on its way.",
    OrderStatus.DELIVERED: "Your order {} was delivered.",
    OrderStatus.CANCELED: "Your order {} was cancelled.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """News for one user. Its id is the same at every telling."""

    id: UUID
    user_id: str
    order: str  # as people call it
    message: str
    occurred_at: datetime


def message_for(status: OrderStatus, *, order: object) -> str:
    """Return what to tell somebody whose order has come to the status."""
    return _MESSAGES[status].format(order)
