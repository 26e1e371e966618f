"""Use case: cancel an order with a reason."""

from dataclasses import dataclass

from orders_domain.model.access import WRITERS_ONLY, AccessPolicy
from orders_domain.model.access_rules import Action
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.order import Order
from orders_domain.model.order_ref import OrderRef
from orders_domain.ports.clock import Clock
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import save_and_notify


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """An order to cancel; with ``versions``, only if the order is at one of them."""

    actor: Actor
    order_id: OrderRef
    reason: str | None = None
    access: AccessPolicy = WRITERS_ONLY
    versions: frozenset[int] | None = None


def cancel_order(request: CancelOrder, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> Order:
    """Return the cancelled order, with its stock released (clauses 004-08, 004-09).

    Its user is notified if another actor cancelled it (clause 002-29).

    Raises:
        AccessDenied: the actor does not have the scope orders:write.
        ActionNotPermitted: the access rules of the order's origin do not allow it to the actor.
        OrderNotFound: the order does not exist.
        VersionMismatch: the order is at none of the expected versions.
        OrderFinalized: the order is shipped, delivered or cancelled; unlike ``change_status``, it rejects repetition.
        InvalidValue: the reason is not a string of up to 200 storable characters.
        StaleOrder: a concurrent transaction changed the order.
        StoreUnavailable: the store is unavailable.
    """
    request.access.authorize(request.actor)
    with uow:
        order = uow.orders.get_for_update(request.order_id)
        request.access.authorize_order(request.actor, order, Action.CANCEL)
        order.ensure_version(request.versions)
        order.cancel(request.reason, by=request.actor, at=clock())
        save_and_notify(order, by=request.actor, uow=uow)
        uow.commit()
    cache.invalidate({order.id: order.version})
    return order
