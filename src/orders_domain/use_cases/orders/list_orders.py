"""Use case: list orders."""

from dataclasses import dataclass

from orders_domain.model.access import ADMIN_OR_OPERATOR, OWNER_ONLY_HIDDEN, AccessPolicy
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.order_filter import OrderFilter, Page
from orders_domain.ports.order_queries import OrderQueries


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOrders:
    """A page of the orders of one user, or of all users."""

    actor: Actor
    order_filter: OrderFilter
    access: AccessPolicy = OWNER_ONLY_HIDDEN


def list_orders(request: ListOrders, *, queries: OrderQueries, replica_queries: OrderQueries) -> Page:
    """Return the page, newest first (clauses 000-15, 002-09, 002-15).

    The actor's own orders come from ``queries``, so that an order is listed as soon as it is placed. Other lists come
    from ``replica_queries``, which may lack the newest changes.

    Raises:
        AccessDenied: the orders belong to another user (clause 000-16), or the actor is neither an operator nor an
            administrator and searches by a text.
        StoreUnavailable: the store is unavailable.
    """
    request.access.authorize_owner(request.actor, request.order_filter.user_id)
    if request.order_filter.search is not None:
        ADMIN_OR_OPERATOR.authorize(request.actor)
    is_own = request.order_filter.user_id == request.actor.subject
    return (queries if is_own else replica_queries).search(request.order_filter)
