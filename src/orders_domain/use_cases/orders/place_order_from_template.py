"""Use case: place an order from a template."""

from dataclasses import dataclass
from datetime import timedelta

from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.direct_placement import DirectPlacement
from orders_domain.ports.order_templates import OrderTemplateRepository
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import PlacementRequest
from orders_domain.use_cases.orders.place_catalog_order import PlaceCatalogOrder, place_catalog_order


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrderFromTemplate(PlacementRequest):
    """A template of the actor, from which to place an order."""

    template_id: int


def place_order_from_template(
    request: PlaceOrderFromTemplate,
    *,
    templates: OrderTemplateRepository,
    expire_after: timedelta | None = None,
    uow: UnitOfWork,
    clock: Clock,
    new_id: NewId,
    direct: DirectPlacement | None = None,
) -> Order:
    """Return the new order, at current prices and with current stock, as ``place_catalog_order`` does (clause 002-33).

    It expires after ``expire_after`` if it is not paid then.

    Raises:
        TemplateNotFound: the template does not exist, or belongs to another user.
        InsufficientStock: products have insufficient stock or are unknown; no stock is deducted.
        InvalidValue: the prices have several currencies, or the total is not a valid amount.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
        StoreUnavailable: the store is unavailable.
    """
    if request.idempotency_key:
        with uow:  # checked first, because the template may have been deleted since the order was placed
            uow.idempotency_keys.acquire(request.idempotency_key, at=clock())
    template = templates.get(request.template_id)
    template.authorize_owner(request.actor)
    catalog_order = PlaceCatalogOrder(
        **request.shared_fields(),
        requested_items=template.requested_items,
        address=template.address,
        origin=Origin.MANAGEMENT,
    )
    return place_catalog_order(
        catalog_order, expire_after=expire_after, uow=uow, clock=clock, new_id=new_id, direct=direct
    )
