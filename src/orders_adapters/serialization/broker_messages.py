"""Published data of events: the names that consumers know, from the names of the domain (docs/asyncapi.yaml)."""

from __future__ import annotations

from collections.abc import Mapping

from orders_adapters.serialization.json_format import format_timestamp
from orders_domain.model.events import STOCK_LOW, USER_NOTIFICATION, Event
from orders_domain.model.json_values import JSON
from orders_domain.model.status import OrderStatus, StatusVocabulary

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
    return {
        "notificationId": str(event.id),
        "userID": event.data["user_id"],
        "orderID": event.data["number"],
        "type": NOTIFICATION_TYPE,
        "status": NOTIFICATION_STATUSES.name_of(OrderStatus(event.data["status"])),
        "message": event.data["message"],
        "occurredAt": format_timestamp(event.at),
    }
