"""Use cases: authorize, receive and refuse returns of shipped units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from orders_domain.model.access import SHOP, AccessPolicy
from orders_domain.model.access_rules import Action
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.life import returning
from orders_domain.model.life.lines import stock_quantities
from orders_domain.model.life.returns import Received
from orders_domain.model.order import Order
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.life.change_order import LifeRequest, changed_order


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeReturn(LifeRequest):
    """The units that may come back, by the number of their line."""

    lines: Mapping[int, int]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRequest:
    """The fields of a change of a return; with ``versions``, only if its order is at one of them."""

    actor: Actor
    return_id: UUID
    versions: frozenset[int] | None = None
    idempotency_key: IdempotencyKey | None = None
    access: AccessPolicy = SHOP


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveReturn(ReturnRequest):
    """The units that came, each restocked or written off. A line can be listed once for each of both."""

    received: tuple[Received, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseReturn(ReturnRequest):
    """A return of which no further unit may come."""

    reason: str


def authorize_return(
    request: AuthorizeReturn, *, uow: UnitOfWork, cache: OrderCache, clock: Clock, new_id: NewId
) -> Order:
    """Return the order with a new return.

    Raises:
        NotShipped: a line has fewer units that are shipped, and neither returned nor authorized to be.
        InvalidValue: there are no lines, there is no such line, a quantity is not a whole number of at least 1, or the
            reason is not a string of 1 to 200 storable characters.
        OrderNotFound, ActionNotPermitted, OrderVersionMismatch, StoreUnavailable: see ``hold_order``.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
    """

    def authorize(order: Order) -> None:
        returning.authorize_return(order, str(new_id()), request.lines, request.reason, by=request.actor, at=clock())

    return changed_order(request, Action.RETURN, authorize, uow=uow, cache=cache, clock=clock)


def receive_return(request: ReceiveReturn, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> Order:
    """Return the order with the received units; the stock of those restocked is given back exactly once.

    Raises:
        ReturnNotFound: no order has the return.
        NotAllowed: fewer units of a line may still come.
        InvalidValue: there are no lines, there is no such line, or a quantity is not a whole number of at least 1.
        OrderNotFound, ActionNotPermitted, OrderVersionMismatch, StoreUnavailable: see ``hold_order``.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
    """
    restocked: dict[int, int] = {}

    def receive(order: Order) -> None:
        return_id = str(request.return_id)
        units = returning.receive_return(order, return_id, request.received, by=request.actor, at=clock())
        restocked.update(units)

    def restock(order: Order) -> None:
        if units := stock_quantities(order, restocked):
            uow.stock.release_units(order, units, by=request.actor, at=order.updated_at)

    return _changed(request, receive, uow=uow, cache=cache, clock=clock, afterwards=restock)


def refuse_return(request: RefuseReturn, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> Order:
    """Return the order with the return refused; what was received of it stays received.

    Raises:
        ReturnNotFound: no order has the return.
        NotAllowed: no unit may still come.
        InvalidValue: the reason is not a string of 1 to 200 storable characters.
        OrderNotFound, ActionNotPermitted, OrderVersionMismatch, StoreUnavailable: see ``hold_order``.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
    """

    def refuse(order: Order) -> None:
        returning.refuse_return(order, str(request.return_id), request.reason, by=request.actor, at=clock())

    return _changed(request, refuse, uow=uow, cache=cache, clock=clock)


def _changed(
    request: ReturnRequest,
    change: Callable[[Order], None],
    *,
    uow: UnitOfWork,
    cache: OrderCache,
    clock: Clock,
    afterwards: Callable[[Order], None] = lambda order: None,
) -> Order:
    of_order = LifeRequest(
        actor=request.actor,
        order_id=request.return_id,
        versions=request.versions,
        idempotency_key=request.idempotency_key,
        access=request.access,
    )
    return changed_order(
        of_order,
        Action.RETURN,
        change,
        uow=uow,
        cache=cache,
        clock=clock,
        afterwards=afterwards,
        get_order=lambda: uow.orders.get_by_return_for_update(request.return_id),
    )
