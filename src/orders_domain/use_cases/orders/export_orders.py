"""Use case: export all matching orders, page by page."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from orders_domain.model.access import ADMIN_OR_READER
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.order_filter import MAX_PAGE_SIZE, OrderFilter, Page
from orders_domain.ports.order_queries import OrderQueries


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrders:
    """The orders to export; ``order_filter.cursor`` resumes an interrupted export."""

    actor: Actor
    order_filter: OrderFilter


def export_orders(request: ExportOrders, *, queries: OrderQueries) -> Iterator[Page]:
    """Yield pages of 1,000 orders, newest first: every order that existed at the start, once (clause 002-34).

    Raises:
        AccessDenied: the actor is neither an administrator nor has the scope orders:read.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_OR_READER.authorize(request.actor)
    return _pages(replace(request.order_filter, limit=MAX_PAGE_SIZE), queries)


def _pages(order_filter: OrderFilter, queries: OrderQueries) -> Iterator[Page]:
    page = queries.search(order_filter)
    yield page
    while page.next_cursor:
        page = queries.search(replace(order_filter, cursor=page.next_cursor))
        yield page
