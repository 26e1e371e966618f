"""Domain events: facts about orders, of plain values, with stable type names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from orders_domain.model import history
from orders_domain.model.life.event_data import life_data
from orders_domain.model.values.json_values import JSON
from orders_domain.model.values.total_table import total_table

if TYPE_CHECKING:
    from orders_domain.model.accounts.actor import Actor
    from orders_domain.model.order import Order
    from orders_domain.model.product import OrderLine, Product

ORDER_PLACED = "orders.order_placed.v1"
ORDER_STATUS_CHANGED = "orders.order_status_changed.v1"
ORDER_CANCELED = "orders.order_canceled.v1"
ORDER_DELETED = "orders.order_deleted.v1"
STOCK_LOW = "orders.stock_low.v1"
USER_NOTIFICATION = "orders.user_notification.v1"
LINES_CANCELED = "orders.lines_canceled.v1"
ORDER_HELD = "orders.order_held.v1"
ORDER_RELEASED = "orders.order_released.v1"
ORDER_ANNOTATED = "orders.order_annotated.v1"
PAYMENT_RECORDED = "orders.payment_recorded.v1"
REFUND_REQUESTED = "orders.refund_requested.v1"
REFUND_SETTLED = "orders.refund_settled.v1"
ORDER_EXPIRED = "orders.order_expired.v1"
SHIPMENT_CREATED = "orders.shipment_created.v1"
SHIPMENT_CHANGED = "orders.shipment_changed.v1"

EVENT_TYPES: Mapping[str, str] = total_table(
    history.KINDS,
    {
        history.PLACED: ORDER_PLACED,
        history.STATUS_CHANGED: ORDER_STATUS_CHANGED,
        history.CANCELED: ORDER_CANCELED,
        history.DELETED: ORDER_DELETED,
        history.LINES_CANCELED: LINES_CANCELED,
        history.HELD: ORDER_HELD,
        history.RELEASED: ORDER_RELEASED,
        history.ANNOTATED: ORDER_ANNOTATED,
        history.PAYMENT_RECORDED: PAYMENT_RECORDED,
        history.REFUND_REQUESTED: REFUND_REQUESTED,
        history.REFUND_SETTLED: REFUND_SETTLED,
        history.EXPIRED: ORDER_EXPIRED,
        history.SHIPMENT_CREATED: SHIPMENT_CREATED,
        history.SHIPMENT_CHANGED: SHIPMENT_CHANGED,
    },
)
"""The event type for each kind of history entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact about one order. Its id is derived from the order and the version, hence the same when republished."""

    id: UUID
    type: str
    order_id: UUID
    version: int  # of the order, after the fact; 1, 2, 3, ... without gaps over the order_* events of an order
    at: datetime
    data: Mapping[str, JSON]
    traceparent: str | None = None  # W3C Trace Context: the span of the request that caused it


def event_for(entry: history.HistoryEntry, order: Order) -> Event:
    """Return the event for a history entry of the order (clauses 000-05, 000-22, 004-11)."""
    data: dict[str, JSON] = {
        "order_id": str(order.id),
        "user_id": order.user_id,
        "status": entry.to_status.value,
        "previous_status": entry.from_status.value if entry.from_status else None,
        "total_minor": order.total.minor,
        "currency": order.total.currency,
    }
    if entry.kind in (history.PLACED, history.CANCELED):
        data["origin"] = order.origin.value
    if entry.kind == history.PLACED:
        data["lines"] = [*(item.as_line(order.total.currency) for item in order.items), *map(_line, order.lines)]
    if entry.kind == history.CANCELED:
        data["reason"] = entry.details.get("reason")
    if order.reference is not None:
        data |= {"source": order.source, "reference": order.reference}
    if entry.kind in history.LIFE_KINDS:
        data |= life_data(entry, order)
    return Event(
        id=uuid5(order.id, str(entry.version)),
        type=EVENT_TYPES[entry.kind],
        order_id=order.id,
        version=entry.version,
        at=entry.at,
        data=data,
        traceparent=entry.traceparent,
    )


def _line(line: OrderLine) -> dict[str, JSON]:
    return {"product_id": line.product_id, "quantity": line.quantity, "unit_price_minor": line.unit_price.minor}


def stock_low_event(product: Product, order: Order, *, by: Actor) -> Event:
    """Return the event for administrators that the order reduced a product to its threshold (clause 002-30)."""
    data: dict[str, JSON] = {
        "product_id": product.id,
        "sku": product.sku,
        "name": product.name,
        "stock": product.stock,
        "low_stock_threshold": product.low_stock_threshold,
        "order_id": str(order.id),
    }
    return Event(
        id=uuid5(order.id, f"{STOCK_LOW} {product.id}"),
        type=STOCK_LOW,
        order_id=order.id,
        version=order.version,
        at=order.updated_at,
        data=data,
        traceparent=by.traceparent,
    )


def notification_events(order: Order) -> list[Event]:
    """Return a notification of the order's user for each change not stored yet; there are none for guests.

    Clauses 002-29, 003-08. A notification has the version of its change.
    """
    return [_user_notification(entry, order) for entry in order.new_entries if order.user_id]


def _user_notification(entry: history.HistoryEntry, order: Order) -> Event:
    data: dict[str, JSON] = {
        "user_id": order.user_id,
        "number": order.number,
        "status": entry.to_status.value,
    }
    return Event(
        id=uuid5(order.id, f"{USER_NOTIFICATION} {entry.version}"),
        type=USER_NOTIFICATION,
        order_id=order.id,
        version=entry.version,
        at=entry.at,
        data=data,
        traceparent=entry.traceparent,
    )
