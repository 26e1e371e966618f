"""Deduction of a new order's stock. A user's own stock holds never prevent it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from orders_domain.errors import InsufficientStock, InvalidValue
from orders_domain.model import events
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.life.stock_hold import StockHold, StockHoldNotFound
from orders_domain.model.order import Order
from orders_domain.model.product import ProductId
from orders_domain.ports.unit_of_work import UnitOfWork

Result = TypeVar("Result")


def may_use(actor: Actor, hold: StockHold) -> bool:
    return hold.user_id == actor.subject or actor.has_scope("stock:write")


def end_hold_for_order(
    hold_id: UUID, product_ids: Collection[ProductId], *, by: Actor, at: datetime, uow: UnitOfWork
) -> None:
    """End the hold that an order takes over. The order then deducts its own units in the same unit of work.

    Until the commit no other unit of work sees, or can take, the units that are given back.

    Raises:
        InvalidValue: there is no such hold, it has ended, or the actor may not use it.
    """
    try:
        hold = uow.stock_holds.get_for_update(hold_id)
    except StockHoldNotFound as error:
        raise InvalidValue(str(error), field="stock_hold_id") from None
    if not may_use(by, hold):
        raise InvalidValue(str(StockHoldNotFound()), field="stock_hold_id")
    uow.stock_holds.end([hold], product_ids=product_ids, by=by, at=at)


def despite_own_holds(
    attempt: Callable[[], Result], *, user_id: str | None, by: Actor, at: datetime, uow: UnitOfWork
) -> Result:
    """Return the result of the attempt. If stock is insufficient, end the user's holds of it, and attempt it again.

    Raises:
        InsufficientStock: the stock is insufficient without the user's holds as well.
    """
    try:
        return attempt()
    except InsufficientStock as error:
        lacking = [shortage.product_id for shortage in error.shortages]
        holds = uow.stock_holds.get_by_user_for_update(user_id, lacking) if user_id else ()
        if not holds:
            raise
        uow.stock_holds.end(holds, product_ids=lacking, by=by, at=at)
        return attempt()


def deduct_stock(order: Order, *, by: Actor, uow: UnitOfWork) -> None:
    """Deduct the stock of a new order, and publish the products whose stock is low after it.

    Raises:
        InsufficientStock: the stock is insufficient without the user's holds as well.
    """
    low_products = despite_own_holds(
        lambda: uow.stock.deduct(order, by=by, at=order.created_at),
        user_id=order.user_id,
        by=by,
        at=order.created_at,
        uow=uow,
    )
    uow.publish([events.stock_low_event(product, order, by=by) for product in low_products])
