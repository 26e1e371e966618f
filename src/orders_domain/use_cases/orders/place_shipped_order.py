"""Order products and have them shipped, all of it in one transaction of ours."""

from dataclasses import dataclass

from orders_domain.model.access import OWNER_OR_ADMIN
from orders_domain.model.actor import Actor
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.model.product import RequestedItem
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders.place_catalog_order import PlaceCatalogOrder, place_catalog_order


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceShippedOrder:
    """So many of these products for a user: the actor, or, for administrators, anybody."""

    actor: Actor
    user_id: str
    requested_items: tuple[RequestedItem, ...]
    idempotency_key: IdempotencyKey | None = None


def place_shipped_order(request: PlaceShippedOrder, *, uow: UnitOfWork, clock: Clock, new_id: NewId) -> Order:
    """Return the new order: its stock is taken, its shipment has an id (clauses 003-01, 003-02).

    Raises:
        AccessDenied: for somebody else, by somebody who is no administrator.
        Refused, InsufficientStock, DuplicateRequest, IdempotencyKeyReused, RequestInProgress, StoreUnavailable: see
        ``place_catalog_order``.
    """
    OWNER_OR_ADMIN.authorize_owner(request.actor, request.user_id)
    ordered = PlaceCatalogOrder(
        actor=request.actor,
        user_id=request.user_id,
        requested_items=request.requested_items,
        shipment_id=str(new_id()),
        idempotency_key=request.idempotency_key,
        origin=Origin.OSTORE,
    )
    return place_catalog_order(ordered, uow=uow, clock=clock, new_id=new_id)
