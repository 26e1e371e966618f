"""Delete a pending order."""

from dataclasses import dataclass

from orders_domain.model.access import AccessPolicy
from orders_domain.model.access_rules import Action
from orders_domain.model.actor import Actor
from orders_domain.model.order_ref import OrderRef
from orders_domain.ports.clock import Clock
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteOrder:
    """One order, to be taken out of sight."""

    actor: Actor
    order_id: OrderRef
    access: AccessPolicy
    versions: frozenset[int] | None = None


def delete_order(request: DeleteOrder, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> None:
    """Delete the order; it gives its stock back, and its history stays (clause 002-13).

    Raises:
        OrderNotFound: no such order, or not the actor's where existence is hidden.
        AccessDenied: not the actor's.
        ActionNotPermitted: the contract that the order was placed by reserves it for others.
        VersionMismatch: the order is at none of the versions named.
        DeletionNotAllowed: it is not pending.
        StaleOrder: somebody else changed it meanwhile.
        StoreUnavailable: the store is away.
    """
    with uow:
        order = uow.orders.get_for_update(request.order_id)
        request.access.authorize_order(request.actor, order, Action.DELETE)
        order.ensure_version(request.versions)
        order.delete(by=request.actor, at=clock())
        uow.orders.save(order)
        uow.stock.release(order, by=request.actor, at=order.updated_at)
        uow.commit()
    cache.invalidate({order.id: order.version})
