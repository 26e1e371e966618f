"""Use case: delete a pending order."""

from dataclasses import dataclass

from orders_domain.model.access import AccessPolicy
from orders_domain.model.access_rules import Action
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.order_ref import OrderRef
from orders_domain.ports.clock import Clock
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteOrder:
    """An order to delete; with ``versions``, only if the order is at one of them."""

    actor: Actor
    order_id: OrderRef
    access: AccessPolicy
    versions: frozenset[int] | None = None


def delete_order(request: DeleteOrder, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> None:
    """Delete the order and release its stock; its history remains (clause 002-13).

    Raises:
        OrderNotFound: the order does not exist, or its existence is hidden from the actor.
        AccessDenied: the order belongs to another user.
        ActionNotPermitted: the access rules of the order's origin do not allow it to the actor.
        VersionMismatch: the order is at none of the expected versions.
        DeletionNotAllowed: the order is not pending.
        StaleOrder: a concurrent transaction changed the order.
        StoreUnavailable: the store is unavailable.
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
