"""Get one order."""

from dataclasses import dataclass
from uuid import UUID

from orders_domain.model.access import OWNER_ONLY_HIDDEN, AccessPolicy
from orders_domain.model.actor import Actor
from orders_domain.model.order import Order
from orders_domain.model.order_ref import OrderRef
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.order_queries import OrderQueries


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOrder:
    """One order, if the actor may see it."""

    actor: Actor
    order_id: OrderRef
    access: AccessPolicy = OWNER_ONLY_HIDDEN


def get_order(request: GetOrder, *, queries: OrderQueries, cache: OrderCache) -> Order:
    """Return the order: from the cache, or else from the store, leaving a copy in the cache (clauses 000-07, 000-08).

    Asked for by its number, it comes from the store.

    Raises:
        OrderNotFound: no such order, or not the actor's where existence is hidden.
        AccessDenied: not the actor's.
        StoreUnavailable: the store is away.
    """
    cached = cache.get(request.order_id) if isinstance(request.order_id, UUID) else None
    order = cached or queries.get(request.order_id)
    request.access.authorize_order(request.actor, order)
    if cached is None:
        cache.put(order)
    return order
