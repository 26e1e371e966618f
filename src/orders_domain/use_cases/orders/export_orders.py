"""Use case: export all matching orders, page by page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from orders_domain.model.access import ADMIN_OR_READER
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.order_filter import MAX_PAGE_SIZE, OrderFilter, Page, SummaryPage
from orders_domain.ports.order_queries import OrderQueries

ExportPage: TypeAlias = Page | SummaryPage


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrders:
    """The orders to export; ``order_filter.cursor`` resumes an interrupted export.

    Without the items an order is exported as its summary, which takes a small part of the time.
    """

    actor: Actor
    order_filter: OrderFilter
    with_items: bool = True


def export_orders(request: ExportOrders, *, queries: OrderQueries) -> Iterator[ExportPage]:
    """Yield pages of 1,000 orders, newest first: every order that existed at the start, once (clause 002-34).

    Raises:
        AccessDenied: the actor is neither an administrator nor has the scope orders:read.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_OR_READER.authorize(request.actor)
    read = queries.search if request.with_items else queries.summaries
    return _pages(replace(request.order_filter, limit=MAX_PAGE_SIZE), read)


def _pages(order_filter: OrderFilter, read: Callable[[OrderFilter], ExportPage]) -> Iterator[ExportPage]:
    page = read(order_filter)
    yield page
    while page.next_cursor:
        page = read(replace(order_filter, cursor=page.next_cursor))
        yield page
