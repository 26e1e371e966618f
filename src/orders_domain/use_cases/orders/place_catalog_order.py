"""Use case: place an order of catalogue products."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from orders_domain.model import pricing
from orders_domain.model.address import Address
from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.model.product import Product, ProductId, RequestedItem, quantities_by_product
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.direct_placement import DirectPlacement
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import PlacementRequest
from orders_domain.use_cases.orders._stock import deduct_stock, despite_own_holds


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCatalogOrder(PlacementRequest):
    """The requested items and the address; quantities of the same product are summed."""

    requested_items: tuple[RequestedItem, ...]
    address: Address | None = None
    user_id: str | None = None  # the owner of the order, by default the actor
    shipment_id: str | None = None
    origin: Origin = Origin.MANAGEMENT


def place_catalog_order(
    request: PlaceCatalogOrder,
    *,
    expire_after: timedelta | None = None,
    uow: UnitOfWork,
    clock: Clock,
    new_id: NewId,
    direct: DirectPlacement | None = None,
) -> Order:
    """Return the new order at current prices, with its stock deducted (clauses 002-01, 002-02, 002-10).

    It expires after ``expire_after`` if it is not paid then.

    Raises:
        InvalidValue: no items, prices in several currencies, or a total that is not a valid amount.
        InsufficientStock: products have insufficient stock or are unknown; no stock is deducted.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
        StoreUnavailable: the store is unavailable.
    """
    quantities = quantities_by_product(request.requested_items)
    now = clock()
    order_id = new_id()

    def build(products: Mapping[ProductId, Product]) -> Order:
        pricing.ensure_in_stock(quantities, products)
        lines = pricing.build_lines(quantities, products)
        return Order.place(
            order_id=order_id,
            origin=request.origin,
            lines=lines,
            total=pricing.total_of(lines),
            address=request.address,
            user_id=request.user_id,
            shipment_id=request.shipment_id,
            placing=request.placing.expiring(expire_after, at=now),
            by=request.actor,
            at=now,
        )

    key = request.idempotency_key
    if direct and (placed := direct.place(build, product_ids=quantities, idempotency_key=key, at=now)):
        return placed
    with uow:
        if key:
            uow.idempotency_keys.acquire(key, at=now)
        order = despite_own_holds(
            lambda: build(uow.products.get_many(quantities)),
            user_id=request.user_id or request.actor.subject,
            by=request.actor,
            at=now,
            uow=uow,
        )
        uow.orders.add(order)
        deduct_stock(order, by=request.actor, uow=uow)
        if key:
            uow.idempotency_keys.store(key, order)
        uow.commit()
    return order
