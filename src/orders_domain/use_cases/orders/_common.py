"""Steps shared by several order use cases."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from orders_domain.model.accounts.actor import Actor
from orders_domain.model.custom_item import CustomItem
from orders_domain.model.events import notification_events
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.life.lines import ensure_countable, stock_products
from orders_domain.model.life.placing import Placing
from orders_domain.model.order import Order
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.typed_text import normalize_sku
from orders_domain.ports.direct_placement import DirectPlacement
from orders_domain.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementRequest:
    """The fields of every request that places an order; ``placing`` has the particulars of the contract."""

    actor: Actor
    idempotency_key: IdempotencyKey | None = None
    placing: Placing = Placing()  # noqa: RUF009 - immutable

    def shared_fields(self) -> dict[str, Any]:
        """Return these fields, for another request that places the same order."""
        return {field.name: getattr(self, field.name) for field in fields(PlacementRequest)}


def store_new_order(
    order: Order, *, idempotency_key: IdempotencyKey | None, uow: UnitOfWork, direct: DirectPlacement | None = None
) -> None:
    """Store a new order that deducts no stock, directly or in a unit of work of its own.

    Raises:
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
        StoreUnavailable: the store is unavailable.
    """
    if direct and direct.place(lambda _: order, idempotency_key=idempotency_key, at=order.created_at):
        return
    with uow:
        if idempotency_key:
            uow.idempotency_keys.acquire(idempotency_key, at=order.created_at)
        uow.orders.add(order)
        if idempotency_key:
            uow.idempotency_keys.store(idempotency_key, order)
        uow.commit()


def has_sku(items: Sequence[CustomItem]) -> bool:
    """Return whether an item may name a product of the catalogue."""
    return any(isinstance(item.content.get("sku"), str) for item in items)


def placing_with_products(
    request: PlacementRequest,
    items: Sequence[CustomItem],
    uow: UnitOfWork,
    *,
    expire_after: timedelta | None,
    at: datetime,
) -> Placing:
    """Return the particulars of the request with the product of each item whose ``sku`` names one; they are locked.

    Only if there are such products does the order expire.

    Raises:
        InvalidItem: see ``ensure_countable``, for an item that takes stock.
    """
    skus = {
        number: normalize_sku(str(item.content["sku"])) for number, item in enumerate(items, start=1) if has_sku([item])
    }
    products = uow.products.get_by_sku_for_update(set(skus.values()))
    taken = {number: products[sku].id for number, sku in skus.items() if sku in products}
    for number in taken:
        ensure_countable(items[number - 1], number=number)
    placing = replace(request.placing, life=replace(request.placing.life, products=taken))
    return placing.expiring(expire_after, at=at) if taken else placing


def save_and_notify(order: Order, *, by: Actor, uow: UnitOfWork) -> None:
    """Save a changed order, notify its user, and release its stock if it was cancelled.

    A user is not notified of their own changes (clauses 002-16, 002-29).
    """
    notifications = notification_events(order)
    is_canceled = any(entry.to_status is not entry.from_status is not None for entry in order.new_entries)
    releases_stock = is_canceled and stock_products(order) and order.status is OrderStatus.CANCELED
    uow.orders.save(order)
    uow.publish(notifications)
    if releases_stock:
        uow.stock.release(order, by=by, at=order.updated_at)
