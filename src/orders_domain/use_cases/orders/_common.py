"""Steps shared by several order use cases."""

from dataclasses import dataclass, fields
from typing import Any

from orders_domain.model.accounts.actor import Actor
from orders_domain.model.events import notification_events
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.order import Order
from orders_domain.model.status import OrderStatus
from orders_domain.ports.direct_placement import DirectPlacement
from orders_domain.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementRequest:
    """The fields of every request that places an order."""

    actor: Actor
    idempotency_key: IdempotencyKey | None = None

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


def save_and_notify(order: Order, *, by: Actor, uow: UnitOfWork) -> None:
    """Save a changed order, notify its user, and release its stock if it was cancelled.

    A user is not notified of their own changes (clauses 002-16, 002-29).
    """
    notifications = notification_events(order)
    is_canceled = any(entry.to_status is not entry.from_status is not None for entry in order.new_entries)
    releases_stock = is_canceled and order.lines and order.status is OrderStatus.CANCELED
    uow.orders.save(order)
    uow.publish(notifications)
    if releases_stock:
        uow.stock.release(order, by=by, at=order.updated_at)
