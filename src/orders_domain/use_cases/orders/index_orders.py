"""Use case: store anew the words by which orders are found."""

from dataclasses import dataclass
from uuid import UUID

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.ports.unit_of_work import UnitOfWork

FIRST = UUID(int=0)
"""Less than the id of any order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexOrders:
    """The ``limit`` orders that follow ``after`` by their ids."""

    actor: Actor
    after: UUID = FIRST
    limit: int = 200


def index_orders(request: IndexOrders, *, uow: UnitOfWork) -> UUID | None:
    """Store the words of the orders, and return the id of the last one, or None if no order follows.

    Orders that a former release has placed or changed have no words, or those of before. The orders are locked
    meanwhile, so that a change precedes or follows.

    Raises:
        AccessDenied: the actor is not an administrator.
        StoreUnavailable: the store is unavailable; the use case may be repeated.
    """
    ADMIN_ONLY.authorize(request.actor)
    with uow:
        last = uow.orders.store_words(after=request.after, limit=request.limit)
        uow.commit()
    return last
