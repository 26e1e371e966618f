"""Use cases: ship units of an order, and record the events of carriers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orders_domain.model.access import SHOP, AccessPolicy
from orders_domain.model.access_rules import Action
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.life import shipping
from orders_domain.model.life.shipments import ShipmentEvent, ShipmentState
from orders_domain.model.order import Order
from orders_domain.model.values.timestamps import ensure_occurred
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.life.change_order import LifeRequest, changed_order


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipUnits(LifeRequest):
    """The units to ship by the number of their line, by default all that are open."""

    lines: Mapping[int, int] | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    with_shipments: bool = True  # whether the order is returned with its earlier shipments, which takes ever longer


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordShipmentEvent:
    """An event of a shipment; with ``versions``, only if its order is at one of them."""

    actor: Actor
    shipment_id: UUID
    event_id: str
    state: ShipmentState
    occurred_at: datetime
    text: str | None = None
    versions: frozenset[int] | None = None
    with_shipments: bool = True  # whether the order is returned with its other shipments
    idempotency_key: IdempotencyKey | None = None
    access: AccessPolicy = SHOP


def ship_units(request: ShipUnits, *, uow: UnitOfWork, cache: OrderCache, clock: Clock, new_id: NewId) -> Order:
    """Return the order with a new shipment; its user is notified once nothing is open.

    Raises:
        NotAllowed, NotOpen: it is held, or a line has fewer open units.
        InvalidValue: there is no such line, a quantity is not a whole number of at least 1, or a text is invalid.
        OrderNotFound, ActionNotPermitted, OrderVersionMismatch, StoreUnavailable: see ``hold_order``.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
    """

    def ship(order: Order) -> None:
        shipping.ship(
            order,
            str(new_id()),
            request.lines,
            carrier=request.carrier,
            tracking_number=request.tracking_number,
            by=request.actor,
            at=clock(),
        )

    return changed_order(
        request,
        Action.SHIP,
        ship,
        uow=uow,
        cache=cache,
        clock=clock,
        with_shipments=request.with_shipments,
    )


def record_shipment_event(request: RecordShipmentEvent, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> Order:
    """Return the order of the shipment with the event, which is recorded once; a late one moves nothing backwards.

    Raises:
        ShipmentNotFound: no order has the shipment.
        EventDiffers: another event of the shipment has its id.
        InvalidValue: the id or the text is not valid, or the event is in the future.
        OrderNotFound, ActionNotPermitted, OrderVersionMismatch, StoreUnavailable: see ``hold_order``.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
    """
    event = ShipmentEvent(
        event_id=request.event_id, state=request.state, occurred_at=request.occurred_at, text=request.text
    )
    change = LifeRequest(
        actor=request.actor,
        order_id=request.shipment_id,
        versions=request.versions,
        idempotency_key=request.idempotency_key,
        access=request.access,
    )

    def record(order: Order) -> None:
        now = clock()
        ensure_occurred(event.occurred_at, now)
        shipping.record_event(order, str(request.shipment_id), event, by=request.actor, at=now)

    return changed_order(
        change,
        Action.DELIVER,
        record,
        uow=uow,
        cache=cache,
        clock=clock,
        get_order=lambda: uow.orders.get_by_parcel_for_update(
            request.shipment_id, with_shipments=request.with_shipments
        ),
    )
