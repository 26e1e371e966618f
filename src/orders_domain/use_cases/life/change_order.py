"""Use cases: change an order beside its status. Each creates one version, one history entry and one event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from orders_domain.model.access import SHOP, AccessPolicy
from orders_domain.model.access_rules import Action
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.life import changes
from orders_domain.model.life.lines import stock_quantities
from orders_domain.model.order import Order
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.status import OrderStatus, TargetStatus
from orders_domain.model.values.json_values import JSON
from orders_domain.ports.clock import Clock
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import save_and_notify

_CONFIRMED = TargetStatus(OrderStatus.CONFIRMED, frozenset({OrderStatus.CONFIRMED}))


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeRequest:
    """The fields of every change; with ``versions``, only if the order is at one of them."""

    actor: Actor
    order_id: OrderRef
    versions: frozenset[int] | None = None
    idempotency_key: IdempotencyKey | None = None
    access: AccessPolicy = SHOP


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmOrder(LifeRequest):
    """An order to confirm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOrder(LifeRequest):
    """An order to hold."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseOrder(LifeRequest):
    """An order to release from its hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelUnits(LifeRequest):
    """The units to cancel by the number of their line, by default all that are open."""

    lines: Mapping[int, int] | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotateOrder(LifeRequest):
    """A note, tags that replace the present ones, or a merge patch of the metadata (RFC 7396)."""

    note: str | None = None
    internal: bool = True  # whether only readers and operators see the note
    tags: tuple[str, ...] | None = None
    metadata: Mapping[str, JSON] | None = None


def confirm_order(request: ConfirmOrder, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> Order:
    """Return the confirmed order; its user is notified if another actor confirmed it.

    Raises:
        NotAllowed: it is held.
        InvalidTransition: the lifecycle does not allow it.
        OrderNotFound, ActionNotPermitted, OrderVersionMismatch, StoreUnavailable: see ``hold_order``.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
    """

    def confirm(order: Order) -> None:
        request.access.require_status(request.actor, order, _CONFIRMED)
        order.change_status(_CONFIRMED, by=request.actor, at=clock())

    return changed_order(request, Action.CONFIRM, confirm, uow=uow, cache=cache, clock=clock)


def hold_order(request: HoldOrder, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> Order:
    """Return the order that is now held.

    Raises:
        OrderNotFound: the order does not exist, or its existence is hidden from the actor.
        ActionNotPermitted: the access rules of the order's origin do not allow it to the actor.
        OrderVersionMismatch: the order is at none of the expected versions.
        NotAllowed: it is held already, or it is final.
        InvalidValue: the reason is not a string of 1 to 200 storable characters.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
        StoreUnavailable: the store is unavailable.
    """

    def hold(order: Order) -> None:
        changes.hold(order, request.reason, by=request.actor, at=clock())

    return changed_order(request, Action.HOLD, hold, uow=uow, cache=cache, clock=clock)


def release_order(request: ReleaseOrder, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> Order:
    """Return the order that is no longer held.

    Raises:
        NotAllowed: it is not held.
        OrderNotFound, ActionNotPermitted, OrderVersionMismatch, StoreUnavailable: see ``hold_order``.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
    """

    def release(order: Order) -> None:
        changes.release(order, by=request.actor, at=clock())

    return changed_order(request, Action.HOLD, release, uow=uow, cache=cache, clock=clock)


def cancel_units(request: CancelUnits, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> Order:
    """Return the order without the units; their stock is released exactly once.

    Raises:
        NotAllowed, NotOpen: it is held, or a line has fewer open units.
        InvalidValue: there is no such line, a quantity is not a whole number of at least 1, or the reason is not a
            string of 1 to 200 storable characters.
        OrderNotFound, ActionNotPermitted, OrderVersionMismatch, StoreUnavailable: see ``hold_order``.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
    """
    cancelled: dict[int, int] = {}

    def cancel(order: Order) -> None:
        cancelled.update(changes.cancel(order, request.lines, request.reason, by=request.actor, at=clock()))

    def release_stock(order: Order) -> None:
        if order.status is not OrderStatus.CANCELED:  # otherwise ``save_and_notify`` has released everything
            units = stock_quantities(order, cancelled)
            uow.stock.release_units(order, units, by=request.actor, at=order.updated_at)

    return changed_order(request, Action.CANCEL, cancel, uow=uow, cache=cache, clock=clock, afterwards=release_stock)


def annotate_order(request: AnnotateOrder, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> Order:
    """Return the annotated order, in any status; it is unchanged if nothing differs.

    Raises:
        InvalidValue: the note, the tags or the metadata afterwards are beyond their bounds.
        OrderNotFound, ActionNotPermitted, OrderVersionMismatch, StoreUnavailable: see ``hold_order``.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
    """

    def annotate(order: Order) -> None:
        changes.annotate(
            order,
            note=request.note,
            internal=request.internal,
            tags=request.tags,
            metadata=request.metadata,
            by=request.actor,
            at=clock(),
        )

    return changed_order(request, Action.ANNOTATE, annotate, uow=uow, cache=cache, clock=clock)


def changed_order(
    request: LifeRequest,
    action: Action,
    change: Callable[[Order], None],
    *,
    uow: UnitOfWork,
    cache: OrderCache,
    clock: Clock,
    afterwards: Callable[[Order], None] = lambda order: None,
    get_order: Callable[[], Order] | None = None,
    with_shipments: bool = True,
) -> Order:
    """Lock the order, check it, change it, and commit the change with its key.

    ``get_order`` locks and returns it, by default by its id or number, and then with its shipments or without.
    """
    with uow:
        key = request.idempotency_key
        if key:
            now = clock()
        if key and not get_order:
            order = uow.get_order_with_key(request.order_id, key, at=now, with_shipments=with_shipments)
        else:
            if key:
                uow.idempotency_keys.acquire(key, at=now)
            order = (
                get_order() if get_order else uow.orders.get_for_update(request.order_id, with_shipments=with_shipments)
            )
        request.access.authorize_order(request.actor, order, action)
        order.ensure_version(request.versions)
        change(order)
        save_and_notify(order, by=request.actor, uow=uow)
        afterwards(order)
        if key:
            uow.idempotency_keys.store(key, order, at=now)
        uow.commit()
    cache.invalidate({order.id: order.version})
    return order
