"""Give out all orders, as many as there are, a page at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.actor import Actor
from orders_domain.model.order_filter import MAX_PAGE_SIZE, OrderFilter, Page
from orders_domain.ports.order_queries import OrderQueries


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrders:
    """The orders wanted; ``wanted.after`` is where an interrupted export goes on."""

    actor: Actor
    order_filter: OrderFilter


def export_orders(request: ExportOrders, *, queries: OrderQueries) -> Iterator[Page]:
    """Yield the orders by pages of 1,000, newest first: every one that was there at the start, once (clause 002-34).

    Raises:
        AccessDenied: not an administrator.
        StoreUnavailable: the store is away.
    """
    ADMIN_ONLY.authorize(request.actor)
    return _pages(replace(request.order_filter, limit=MAX_PAGE_SIZE), queries)


def _pages(order_filter: OrderFilter, queries: OrderQueries) -> Iterator[Page]:
    page = queries.search(order_filter)
    yield page
    while page.next_cursor:
        page = queries.search(replace(order_filter, cursor=page.next_cursor))
        yield page
