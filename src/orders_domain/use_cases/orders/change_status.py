"""Change an order's status."""

from dataclasses import dataclass

from orders_domain.model.access import OWNER_ONLY_HIDDEN, AccessPolicy
from orders_domain.model.actor import Actor
from orders_domain.model.order import Order
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.status import TargetStatus
from orders_domain.ports.clock import Clock
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import save_and_notify


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeStatus:
    """A status for an order; with ``versions``, only if the order is at one of them."""

    actor: Actor
    order_id: OrderRef
    target: TargetStatus
    access: AccessPolicy = OWNER_ONLY_HIDDEN
    versions: frozenset[int] | None = None


def change_status(request: ChangeStatus, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> Order:
    """Return the order in its new status; cancelled, it has given its stock back (clauses 000-11, 000-12, 002-16).

    Its user is told of it, where somebody else has changed it (clause 002-29).

    Raises:
        OrderNotFound: no such order, or not the actor's where existence is hidden.
        AccessDenied: not the actor's.
        VersionMismatch: the order is at none of the versions named.
        InvalidTransition: the lifecycle does not allow it.
        TransitionNotPermitted: the contract that the order was placed by reserves it for others.
        StaleOrder: somebody else changed the order meanwhile.
        StoreUnavailable: the store is away.
    """
    request.access.authorize(request.actor)
    with uow:
        order = uow.orders.get_for_update(request.order_id)
        request.access.authorize_order(request.actor, order)
        order.ensure_version(request.versions)
        request.access.require_status(request.actor, order, request.target)
        if order.change_status(request.target, by=request.actor, at=clock()):
            save_and_notify(order, by=request.actor, uow=uow)
            uow.commit()
    # Also where nothing changed: whoever changed it before may have died between the commit and this.
    cache.invalidate({order.id: order.version})
    return order
