"""Use case: change the status of an order."""

from dataclasses import dataclass

from orders_domain.model.access import OWNER_ONLY_HIDDEN, AccessPolicy
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.order import Order
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.status import TargetStatus
from orders_domain.ports.clock import Clock
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import save_and_notify


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeStatus:
    """A target status for an order; with ``versions``, only if the order is at one of them."""

    actor: Actor
    order_id: OrderRef
    target: TargetStatus
    reason: str | None = None  # of a cancellation
    access: AccessPolicy = OWNER_ONLY_HIDDEN
    versions: frozenset[int] | None = None


def change_status(request: ChangeStatus, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> Order:
    """Return the order in its new status; CANCELED also releases its stock (clauses 000-11, 000-12, 002-16).

    Its user is notified if another actor changed it (clause 002-29).

    Raises:
        OrderNotFound: the order does not exist, or its existence is hidden from the actor.
        AccessDenied: the order belongs to another user.
        VersionMismatch: the order is at none of the expected versions.
        InvalidTransition: the lifecycle does not allow the transition.
        TransitionNotPermitted: the access rules of the order's origin do not allow it to the actor.
        InvalidValue: the reason is invalid, or given without a cancellation.
        StaleOrder: a concurrent transaction changed the order.
        StoreUnavailable: the store is unavailable.
    """
    request.access.authorize(request.actor)
    with uow:
        order = uow.orders.get_for_update(request.order_id)
        request.access.authorize_order(request.actor, order)
        order.ensure_version(request.versions)
        request.access.require_status(request.actor, order, request.target)
        if order.change_status(request.target, reason=request.reason, by=request.actor, at=clock()):
            save_and_notify(order, by=request.actor, uow=uow)
            uow.commit()
    # Also if nothing changed, because the process of an earlier change may have died between commit and invalidation.
    cache.invalidate({order.id: order.version})
    return order
