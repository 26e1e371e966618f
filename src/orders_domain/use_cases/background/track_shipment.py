"""Use case: apply a carrier's tracking event to its order."""

from dataclasses import dataclass
from enum import Enum

from orders_domain.model.order import Order
from orders_domain.model.tracking import TrackingEvent
from orders_domain.model.values.timestamps import ensure_occurred
from orders_domain.ports.clock import Clock
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import save_and_notify

SCOPE = "tracking"
"""The inbox scope of tracking event ids."""


class TrackingOutcome(Enum):
    """The outcome for an event."""

    APPLIED = "applied"
    OUTDATED = "old news"  # the order already had the status, or a later one
    REPEATED = "repeated"  # the event was already handled


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackShipment:
    event: TrackingEvent


def track_shipment(request: TrackShipment, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> TrackingOutcome:
    """Apply the event once, and notify the order's user of each change (clauses 003-07, 003-08).

    Raises:
        InvalidValue: the event is in the future, or its order has another shipment.
        OrderNotFound: the order or the shipment does not exist.
        InvalidTransition: the lifecycle does not allow the transition, such as SHIPPED for a canceled order.
        TransitionNotPermitted: the access rules of the order's origin do not allow it to carriers.
        StaleOrder: a concurrent transaction changed the order.
        StoreUnavailable: the store is unavailable.
    """
    event, now = request.event, clock()
    ensure_occurred(event.occurred_at, now)
    with uow:
        if not uow.inbox.record(event.id, scope=SCOPE, at=now):
            return TrackingOutcome.REPEATED
        order = _order_for_update(event, uow)
        event.apply_to(order, at=clock())  # read again, because another change may have held the lock meanwhile
        changed = bool(order.new_entries)
        save_and_notify(order, by=event.actor, uow=uow)
        uow.commit()
    cache.invalidate({order.id: order.version})
    return TrackingOutcome.APPLIED if changed else TrackingOutcome.OUTDATED


def _order_for_update(event: TrackingEvent, uow: UnitOfWork) -> Order:
    if event.order is None:
        return uow.orders.get_by_shipment_for_update(event.shipment_id or "")  # a valid event has one of them
    return uow.orders.get_for_update(event.order)
