"""Use case: place an order of custom items."""

from dataclasses import dataclass
from datetime import timedelta

from orders_domain.model.custom_item import ContentLimits, CustomItem
from orders_domain.model.life.placing import Placing
from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.model.values.money import Money
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.direct_placement import DirectPlacement
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import PlacementRequest, has_sku, placing_with_products, store_new_order
from orders_domain.use_cases.orders._stock import deduct_stock


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder(PlacementRequest):
    """An order for the actor, of items described by the client (clause 000-04)."""

    items: tuple[CustomItem, ...]
    total: Money


def place_order(
    request: PlaceOrder,
    *,
    limits: ContentLimits = ContentLimits(),  # noqa: B008 - immutable
    take_stock: bool = False,
    expire_after: timedelta | None = None,
    uow: UnitOfWork,
    clock: Clock,
    new_id: NewId,
    direct: DirectPlacement | None = None,
) -> Order:
    """Return the new PENDING order; its events are stored in the same transaction (clauses 000-05, 000-21).

    With ``take_stock``, an item whose ``sku`` names a product of the catalogue takes its quantity from stock. Such
    an order expires after ``expire_after`` if it is not paid then.

    Raises:
        InvalidValue: the items or the total are invalid; nothing is stored.
        InsufficientStock: products have insufficient stock; nothing is stored.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
        StoreUnavailable: the store is unavailable.
    """
    order_id, now, key = new_id(), clock(), request.idempotency_key

    def build(placing: Placing = request.placing) -> Order:
        return Order.place(
            order_id=order_id,
            origin=Origin.ORDERS,
            items=request.items,
            total=request.total,
            limits=limits,
            placing=placing,
            by=request.actor,
            at=now,
        )

    if not take_stock or not has_sku(request.items):
        order = build()
        store_new_order(order, idempotency_key=key, uow=uow, direct=direct)
        return order
    with uow:
        if key:
            uow.idempotency_keys.acquire(key, at=now)
        order = build(placing_with_products(request, request.items, uow, expire_after=expire_after, at=now))
        uow.orders.add(order)
        deduct_stock(order, by=request.actor, uow=uow)
        if key:
            uow.idempotency_keys.store(key, order)
        uow.commit()
    return order
