"""Use case: place an order of catalogue products with a shipment, in one transaction."""

from dataclasses import dataclass
from datetime import timedelta

from orders_domain.model.access import OWNER_OR_ADMIN
from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.model.product import RequestedItem
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.direct_placement import DirectPlacement
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import PlacementRequest
from orders_domain.use_cases.orders.place_catalog_order import PlaceCatalogOrder, place_catalog_order


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceShippedOrder(PlacementRequest):
    """The requested items for a user: the actor, or any user if the actor is an administrator.

    The address is for the shipment service, and is stored only until the shipment is confirmed or released.
    """

    user_id: str
    requested_items: tuple[RequestedItem, ...]
    shipping_address: str | None = None


def place_shipped_order(
    request: PlaceShippedOrder,
    *,
    expire_after: timedelta | None = None,
    uow: UnitOfWork,
    clock: Clock,
    new_id: NewId,
    direct: DirectPlacement | None = None,
) -> Order:
    """Return the new order, with its stock deducted and a shipment id (clauses 003-01, 003-02).

    It expires after ``expire_after`` if it is not paid then.

    Raises:
        AccessDenied: the order is for another user, and the actor is not an administrator.
        InvalidValue: a value is invalid.
        InsufficientStock: products have insufficient stock or are unknown.
        DuplicateRequest: an order was placed with the same key.
        IdempotencyKeyReused: another request was processed with the same key.
        RequestInProgress: a request with the same key is in progress.
        StoreUnavailable: the store does not respond.
    """
    OWNER_OR_ADMIN.authorize_owner(request.actor, request.user_id)
    catalog_order = PlaceCatalogOrder(
        **request.shared_fields(),
        user_id=request.user_id,
        requested_items=request.requested_items,
        shipment_id=str(new_id()),
        origin=Origin.OSTORE,
    )
    return place_catalog_order(
        catalog_order, expire_after=expire_after, uow=uow, clock=clock, new_id=new_id, direct=direct
    )
