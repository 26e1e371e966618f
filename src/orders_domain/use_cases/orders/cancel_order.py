"""Cancel an order, saying why."""

from dataclasses import dataclass

from orders_domain.model.access import WRITERS_ONLY, AccessPolicy
from orders_domain.model.access_rules import Action
from orders_domain.model.actor import Actor
from orders_domain.model.order import Order
from orders_domain.model.order_ref import OrderRef
from orders_domain.ports.clock import Clock
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import save_and_notify


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """An order that is not to be; with ``versions``, only if the order is at one of them."""

    actor: Actor
    order_id: OrderRef
    reason: str | None = None
    access: AccessPolicy = WRITERS_ONLY
    versions: frozenset[int] | None = None


def cancel_order(request: CancelOrder, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> Order:
    """Return the cancelled order; it has given its stock back (clauses 004-08, 004-09).

    Its user is told of it, where somebody else has cancelled it (clause 002-29).

    Raises:
        AccessDenied: the actor has not the scope orders:write.
        ActionNotPermitted: the contract that the order was placed by reserves it for others.
        OrderNotFound: no such order.
        VersionMismatch: the order is at none of the versions named.
        OrderFinalized: it is shipped, delivered or cancelled; unlike a change of status, a repetition is refused.
        Refused: the reason is not a string of up to 200 storable characters.
        StaleOrder: somebody else changed the order meanwhile.
        StoreUnavailable: the store is away.
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
