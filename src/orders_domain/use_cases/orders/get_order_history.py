"""Tell what happened to an order."""

from collections.abc import Sequence
from dataclasses import dataclass

from orders_domain.errors import OrderNotFound
from orders_domain.model.access import OWNER_OR_ADMIN, AccessPolicy
from orders_domain.model.actor import Actor
from orders_domain.model.history import HistoryEntry
from orders_domain.model.order import rebuild
from orders_domain.model.order_ref import OrderRef
from orders_domain.ports.order_queries import OrderQueries


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOrderHistory:
    """All that happened to one order, if the actor may see it."""

    actor: Actor
    order_id: OrderRef
    access: AccessPolicy = OWNER_OR_ADMIN


def get_order_history(request: GetOrderHistory, *, queries: OrderQueries) -> Sequence[HistoryEntry]:
    """Return every change, oldest first (clause 002-08); a deleted order's too: its history stays.

    The history itself says whose the order is.

    Raises:
        OrderNotFound: there never was such an order, or it is not the actor's where existence is hidden.
        AccessDenied: not the actor's.
        StoreUnavailable: the store is away.
    """
    entries = queries.history(request.order_id)
    if not entries:
        raise OrderNotFound(request.order_id)
    request.access.authorize_order(request.actor, rebuild(entries))
    return entries
