"""Published data of events: the names that consumers know, from the names of the domain (docs/asyncapi.yaml)."""

from __future__ import annotations

from collections.abc import Mapping

from orders_adapters.serialization.json_format import format_timestamp
from orders_domain.model.events import STOCK_LOW, USER_NOTIFICATION, Event
from orders_domain.model.status import OrderStatus, StatusVocabulary
from orders_domain.model.values.json_values import JSON
from orders_domain.model.values.total_table import total_table

NOTIFICATION_TYPE = "ORDER_STATUS_CHANGED"
NOTIFICATION_STATUSES = StatusVocabulary(
    {
        OrderStatus.PENDING: "pending",
        OrderStatus.CONFIRMED: "confirmed",
        OrderStatus.PAID: "confirmed",
        OrderStatus.SHIPPED: "shipped",
        OrderStatus.DELIVERED: "delivered",
        OrderStatus.CANCELED: "cancelled",
    }
)
"""The status names of source 003, which defines the notifications; it has no name for PAID."""

MESSAGES = total_table(
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
"""The message to the user for an order's new status."""

FAILURES = {
    "failed": "The delivery of your order {} failed.",
    "returned": "Your order {} is on its way back to the sender.",
}
"""The message to the user for a shipment that failed or came back; the status of the order stays as it is."""

_STOCK_LOW_NAMES = {"stock": "stock_quantity"}


def published_data(event: Event) -> Mapping[str, JSON]:
    """Return the event's data as it is published; the data of ``order_*`` events is the domain's own."""
    if event.type == USER_NOTIFICATION:
        return _notification(event)
    if event.type == STOCK_LOW:
        return {_STOCK_LOW_NAMES.get(name, name): value for name, value in event.data.items()}
    return event.data


def _notification(event: Event) -> dict[str, JSON]:
    """Return the notification in the form of source 003 (clause 003-08)."""
    status = OrderStatus(event.data["status"])
    failure = event.data.get("shipment_failure")
    message = FAILURES[str(failure)] if failure else MESSAGES[status]
    return {
        "notificationId": str(event.id),
        "userID": event.data["user_id"],
        "orderID": event.data["number"],
        "type": NOTIFICATION_TYPE,
        "status": NOTIFICATION_STATUSES.name_of(status),
        "message": message.format(event.data["number"]),
        "occurredAt": format_timestamp(event.at),
    }
