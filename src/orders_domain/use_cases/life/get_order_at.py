"""Use case: get an order as it was at a version, such as for the repetition of a request."""

from dataclasses import dataclass
from uuid import UUID

from orders_domain.errors import OrderNotFound
from orders_domain.model.access import SHOP, AccessPolicy
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.order import Order, rebuild
from orders_domain.ports.order_queries import OrderQueries


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOrderAt:
    actor: Actor
    order_id: UUID
    version: int
    access: AccessPolicy = SHOP


def get_order_at(request: GetOrderAt, *, queries: OrderQueries) -> Order:
    """Return the order folded from its history up to the version, with its present contact.

    Raises:
        OrderNotFound: the order or the version does not exist, or the order is deleted or hidden from the actor.
        StoreUnavailable: the store is unavailable.
    """
    present = queries.get(request.order_id)
    request.access.authorize_order(request.actor, present)
    entries = queries.history(request.order_id)[: request.version]
    if len(entries) < request.version:
        raise OrderNotFound(request.order_id)
    order = rebuild(entries, number=present.number)
    order.contact = present.contact
    return order
