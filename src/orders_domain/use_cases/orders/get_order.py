"""Use case: get one order."""

from dataclasses import dataclass
from uuid import UUID

from orders_domain.model.access import OWNER_ONLY_HIDDEN, AccessPolicy
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.order import Order
from orders_domain.model.order_ref import OrderRef
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.order_queries import OrderQueries


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOrder:
    actor: Actor
    order_id: OrderRef
    access: AccessPolicy = OWNER_ONLY_HIDDEN
    with_contact: bool = False  # which no cache has, so that the order is read from the store


def get_order(request: GetOrder, *, queries: OrderQueries, cache: OrderCache) -> Order:
    """Return the order from the cache, otherwise from the store, and cache it (clauses 000-07, 000-08).

    An order requested by its number or with its contact is always read from the store.

    Raises:
        OrderNotFound: the order does not exist, or its existence is hidden from the actor.
        AccessDenied: the order belongs to another user.
        StoreUnavailable: the store is unavailable.
    """
    cached = None
    if isinstance(request.order_id, UUID) and not request.with_contact:
        cached = cache.get(request.order_id)
    order = cached or queries.get(request.order_id)
    request.access.authorize_order(request.actor, order)
    if cached is None:
        cache.put(order)
    return order
