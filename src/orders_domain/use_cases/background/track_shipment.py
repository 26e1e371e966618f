"""Bring an order up to what its carrier tells."""

from dataclasses import dataclass
from enum import Enum

from orders_domain.model.actor import Actor
from orders_domain.model.order import Order
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.tracking import TrackingEvent
from orders_domain.ports.clock import Clock
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import save_and_notify

SCOPE = "tracking"
"""What the carriers' event ids count in."""


class TrackingOutcome(Enum):
    """What an event came to."""

    APPLIED = "applied"
    OUTDATED = "old news"  # the order was as far already
    REPEATED = "repeated"  # the event was dealt with before


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackShipment:
    """One event of a carrier."""

    event: TrackingEvent

    @property
    def actor(self) -> Actor:
        return self.event.actor

    @property
    def order_id(self) -> OrderRef | str | None:
        """The order, or its shipment."""
        return self.event.order or self.event.shipment_id


def track_shipment(request: TrackShipment, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> TrackingOutcome:
    """Apply the event once; its user is told of each change (clauses 003-07, 003-08).

    Raises:
        Refused: the event lies in the future, or contradicts itself.
        OrderNotFound: no such order or shipment.
        InvalidTransition: the lifecycle does not lead there, such as back from SHIPPED.
        TransitionNotPermitted: the contract that the order was placed by does not leave that to carriers.
        StaleOrder: somebody else changed the order meanwhile.
        StoreUnavailable: the store is away.
    """
    event, now = request.event, clock()
    event.ensure_not_in_future(now)
    with uow:
        if not uow.inbox.record(event.id, scope=SCOPE, at=now):
            return TrackingOutcome.REPEATED
        order = _order_for_update(event, uow)
        event.apply_to(order, at=now)
        changed = bool(order.new_entries)
        save_and_notify(order, by=request.actor, uow=uow)
        uow.commit()
    cache.invalidate({order.id: order.version})
    return TrackingOutcome.APPLIED if changed else TrackingOutcome.OUTDATED


def _order_for_update(event: TrackingEvent, uow: UnitOfWork) -> Order:
    if event.order is None:
        return uow.orders.get_by_shipment_for_update(event.shipment_id or "")  # an event names one of them at least
    return uow.orders.get_for_update(event.order)
