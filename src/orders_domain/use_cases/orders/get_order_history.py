"""Use case: get the history of an order."""

from collections.abc import Sequence
from dataclasses import dataclass

from orders_domain.errors import OrderNotFound
from orders_domain.model.access import OWNER_OR_ADMIN, AccessPolicy
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.history import HistoryEntry
from orders_domain.model.order import rebuild
from orders_domain.model.order_ref import OrderRef
from orders_domain.ports.order_queries import OrderQueries


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOrderHistory:
    actor: Actor
    order_id: OrderRef
    access: AccessPolicy = OWNER_OR_ADMIN


def get_order_history(request: GetOrderHistory, *, queries: OrderQueries) -> Sequence[HistoryEntry]:
    """Return every change, oldest first, also of a deleted order (clause 002-08).

    The owner is determined from the history, because a deleted order cannot be read.

    Raises:
        OrderNotFound: the order never existed, or its existence is hidden from the actor.
        AccessDenied: the order belongs to another user.
        StoreUnavailable: the store is unavailable.
    """
    entries = queries.history(request.order_id)
    if not entries:
        raise OrderNotFound(request.order_id)
    request.access.authorize_order(request.actor, rebuild(entries))
    return entries
