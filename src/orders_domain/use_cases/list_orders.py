"""List a user's orders."""

from dataclasses import dataclass

from orders_domain.access import OWNER_ONLY, Access
from orders_domain.actor import Actor
from orders_domain.ports.queries import Queries
from orders_domain.queries import OrdersOf, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOrders:
    """A page of one user's orders, if the actor may see them."""

    actor: Actor
    wanted: OrdersOf
    access: Access = OWNER_ONLY


def list_orders(request: ListOrders, *, queries: Queries) -> Page:
    """Return the page, newest first (clause 000-15).

    Raises:
        AccessDenied: the user is somebody else (clause 000-16).
        StoreUnavailable: the store is away.
    """
    request.access.require_user(request.actor, request.wanted.user_id)
    return queries.orders(request.wanted)
