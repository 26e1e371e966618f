"""Domain events: facts about orders, of plain values, with stable type names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, UUID, uuid5

from orders_domain.model import history
from orders_domain.model.accounts.actor import Role
from orders_domain.model.life.event_data import life_data
from orders_domain.model.life.shipments import FAILURES
from orders_domain.model.status import OrderStatus
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
RETURN_AUTHORIZED = "orders.return_authorized.v1"
RETURN_RECEIVED = "orders.return_received.v1"
RETURN_REFUSED = "orders.return_refused.v1"
ORDER_ERASED = "orders.order_erased.v1"
PRODUCTS = uuid5(NAMESPACE_URL, "https://orders.example/products")
"""The namespace of the ids under which events about products are stored, in order for each product."""

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
        history.RETURN_AUTHORIZED: RETURN_AUTHORIZED,
        history.RETURN_RECEIVED: RETURN_RECEIVED,
        history.RETURN_REFUSED: RETURN_REFUSED,
        history.ERASED: ORDER_ERASED,
    },
)
"""The event type for each kind of history entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact about one order, or about a product. Its id is derived from both and the version.

    So it is the same when republished. An event about a product has an ``order_id`` derived from the product's id.
    """

    id: UUID
    type: str
    order_id: UUID
    version: int  # of the order, after the fact; 1, 2, 3, ... without gaps over the order_* events of an order
    at: datetime
    data: Mapping[str, JSON]
    traceparent: str | None = None  # W3C Trace Context: the span of the request that caused it
    notifies: bool = field(default=False, compare=False)  # whether it asks for letters; it is not published


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
        after = order if order.status is entry.to_status else replace(order, status=entry.to_status)
        data |= life_data(entry, after)
    return Event(
        id=uuid5(order.id, str(entry.version)),
        type=EVENT_TYPES[entry.kind],
        order_id=order.id,
        version=entry.version,
        at=entry.at,
        data=data,
        traceparent=entry.traceparent,
        notifies=_notifies(entry, order),
    )


def _notifies(entry: history.HistoryEntry, order: Order) -> bool:
    """Whether somebody gets a letter about the change (clauses 002-29, 003-08).

    A customer, if there is one, gets a letter about each placing, each cancellation, and each change of the status by
    somebody else. Of a shipment that failed or came back, administrators get one, too.
    """
    if failure_of(entry):
        return True
    if not order.user_id and not order.contact.email_address and not order.contact.phone_number:
        return False
    if entry.from_status is entry.to_status:
        return False
    confirmed = entry.kind == history.PLACED or entry.to_status is OrderStatus.CANCELED
    return confirmed or not is_own_change(entry, order)


def failure_of(entry: history.HistoryEntry) -> str | None:
    """Return ``failed`` or ``returned`` if the entry says so of a shipment."""
    return shipment_failure(EVENT_TYPES[entry.kind], entry.details)


def shipment_failure(event_type: str, data: Mapping[str, Any]) -> str | None:
    """Return ``failed`` or ``returned`` if the event with the data says so of a shipment."""
    if event_type != SHIPMENT_CHANGED:
        return None
    state: str = data["event"]["state"]
    return state if state in [failure.value for failure in FAILURES] else None


def is_own_change(entry: history.HistoryEntry, order: Order) -> bool:
    """Return whether the order's user made the change; a worker's subject may equal the id of a user."""
    return order.user_id == entry.actor and entry.role is not Role.SYSTEM


def _line(line: OrderLine) -> dict[str, JSON]:
    return {"product_id": line.product_id, "quantity": line.quantity, "unit_price_minor": line.unit_price.minor}


def stock_low_event(product: Product, order: Order, *, by: Actor) -> Event:
    """Return the event for administrators that the order reduced a product to its threshold (clause 002-30)."""
    return Event(
        id=uuid5(order.id, f"{STOCK_LOW} {product.id}"),
        type=STOCK_LOW,
        order_id=order.id,
        version=order.version,
        at=order.updated_at,
        data=_stock_low(product) | {"order_id": str(order.id)},
        traceparent=by.traceparent,
        notifies=True,
    )


def stock_low_events(before: Product, after: Product, *, by: Actor, at: datetime) -> list[Event]:
    """Return the event that a change of the product itself brought it to its threshold, if it did (clause 002-30).

    The stock was lowered, or the threshold raised. A version of a product has at most one event, by its id.
    """
    if before.is_low or not after.is_low:
        return []
    subject = uuid5(PRODUCTS, str(after.id))
    event = Event(
        id=uuid5(subject, f"{STOCK_LOW} {after.version}"),
        type=STOCK_LOW,
        order_id=subject,
        version=after.version,
        at=at,
        data=_stock_low(after) | {"order_id": None},
        traceparent=by.traceparent,
        notifies=True,
    )
    return [event]


def _stock_low(product: Product) -> dict[str, JSON]:
    return {
        "product_id": product.id,
        "sku": product.sku,
        "name": product.name,
        "stock": product.stock,
        "low_stock_threshold": product.low_stock_threshold,
    }


def notification_events(order: Order) -> list[Event]:
    """Return a notification of the order's user for each change of the status not stored yet; none for guests.

    A shipment that failed or came back is such a change, too (clauses 002-29, 003-08). A notification has the version
    of its change. Nobody is notified of their own changes.
    """
    entries = order.new_entries if order.user_id else ()
    notified = (entry for entry in entries if entry.from_status is not entry.to_status or failure_of(entry))
    return [_user_notification(entry, order) for entry in notified if not is_own_change(entry, order)]


def notification_id(order_id: UUID, version: int) -> UUID:
    """Return the id of the notification about a version of an order, by whatever way it reaches the user."""
    return uuid5(order_id, f"{USER_NOTIFICATION} {version}")


def _user_notification(entry: history.HistoryEntry, order: Order) -> Event:
    data: dict[str, JSON] = {
        "user_id": order.user_id,
        "number": order.number,
        "status": entry.to_status.value,
    }
    if failure := failure_of(entry):
        data["shipment_failure"] = failure
    return Event(
        id=notification_id(order.id, entry.version),
        type=USER_NOTIFICATION,
        order_id=order.id,
        version=entry.version,
        at=entry.at,
        data=data,
        traceparent=entry.traceparent,
    )
