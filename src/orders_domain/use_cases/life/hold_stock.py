"""Use cases: hold stock for a user before an order is placed, and read and end stock holds."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from orders_domain.errors import AccessDenied
from orders_domain.model import pricing
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.life.stock_hold import (
    MAX_HOLDS,
    StockHold,
    StockHoldNotFound,
    StockHoldPage,
    TooManyStockHolds,
)
from orders_domain.model.product import RequestedItem, quantities_by_product
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.life.stock_holds import StockHoldQueries
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.life.place_shop_order import RequestedSku, requested_item
from orders_domain.use_cases.orders._stock import may_use


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldStock:
    """The units to hold, and for how long. Only with the scope stock:write may the hold be for another user."""

    actor: Actor
    lines: tuple[RequestedItem | RequestedSku, ...]
    seconds: int
    user_id: str | None = None  # the owner, by default the actor
    idempotency_key: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetStockHold:
    actor: Actor
    hold_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStockHolds:
    """A page of the actor's holds, or with the scope stock:write of another user or of all users."""

    actor: Actor
    user_id: str | None
    limit: int = 50
    before: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndStockHold:
    actor: Actor
    hold_id: UUID


def hold_stock(request: HoldStock, *, uow: UnitOfWork, clock: Clock, new_id: NewId) -> StockHold:
    """Return the new hold, with its units taken from stock; quantities of the same product are summed.

    Raises:
        AccessDenied: it is for another user, and the actor does not have stock:write.
        InvalidValue: no lines or more than 1,000, an unknown sku, or a time that is not 30 to 86,400 seconds.
        InsufficientStock: products have insufficient stock or are unknown; nothing is held.
        TooManyStockHolds: the owner has 100 holds that have not ended, and the actor does not have stock:write.
            Requests at the same time may exceed that number.
        DuplicateStockHold, IdempotencyKeyReused: see ``StockHoldRepository.add``.
        StoreUnavailable: the store is unavailable.
    """
    owner = request.user_id or request.actor.subject
    _ensure_permitted(request.actor, owner)
    now, skus = clock(), {line.sku for line in request.lines if isinstance(line, RequestedSku)}
    with uow:
        products = uow.products.get_by_sku_for_update(skus) if skus else {}
        items = [requested_item(line, products, position=place) for place, line in enumerate(request.lines)]
        quantities = quantities_by_product(items)
        hold = StockHold.start(new_id(), user_id=owner, quantities=quantities, seconds=request.seconds, at=now)
        pricing.ensure_in_stock(quantities, uow.products.get_many(quantities))
        uow.stock_holds.add(hold, idempotency_key=request.idempotency_key, by=request.actor)
        # After the addition, so that a repeated request gets its hold again.
        if not request.actor.has_scope("stock:write") and uow.stock_holds.count(owner) > MAX_HOLDS:
            raise TooManyStockHolds
        uow.commit()
    return hold


def get_stock_hold(request: GetStockHold, *, stock_holds: StockHoldQueries) -> StockHold:
    """Return the hold.

    Raises:
        StockHoldNotFound: it does not exist, has ended, or is another user's and the actor does not have stock:write.
        StoreUnavailable: the store is unavailable.
    """
    hold = stock_holds.get(request.hold_id)
    if not may_use(request.actor, hold):
        raise StockHoldNotFound
    return hold


def list_stock_holds(request: ListStockHolds, *, stock_holds: StockHoldQueries) -> StockHoldPage:
    """Return a page of the holds that have not ended, newest first.

    Raises:
        AccessDenied: another user's holds or those of all users, without stock:write.
        StoreUnavailable: the store is unavailable.
    """
    _ensure_permitted(request.actor, request.user_id)
    return stock_holds.search(request.user_id, limit=request.limit, before=request.before)


def end_stock_hold(request: EndStockHold, *, uow: UnitOfWork, clock: Clock) -> None:
    """End the hold, and give its units back to stock.

    Raises:
        StockHoldNotFound: it does not exist, has ended, or is another user's and the actor does not have stock:write.
        StoreUnavailable: the store is unavailable.
    """
    with uow:
        hold = uow.stock_holds.get_for_update(request.hold_id)
        if not may_use(request.actor, hold):
            raise StockHoldNotFound
        uow.stock_holds.end([hold], by=request.actor, at=clock())
        uow.commit()


def _ensure_permitted(actor: Actor, user_id: str | None) -> None:
    if user_id != actor.subject and not actor.has_scope("stock:write"):
        raise AccessDenied("Stock holds of other users require the scope stock:write.")
