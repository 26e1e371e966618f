"""The stored orders, read outside any unit of work. It may be served by a replica."""

from collections.abc import Sequence
from typing import Protocol

from orders_domain.model.history import HistoryEntry
from orders_domain.model.order import Order
from orders_domain.model.order_filter import OrderFilter, Page
from orders_domain.model.order_ref import OrderRef


class OrderQueries(Protocol):
    """Reading. Every method raises StoreUnavailable when the store is away."""

    def get(self, ref: OrderRef) -> Order:
        """Return the order as last committed.

        Raises:
            OrderNotFound: no such order, or it was deleted.
        """
        ...

    def search(self, order_filter: OrderFilter) -> Page:
        """Return a page of orders, newest first; orders of the same moment by descending id.

        Following ``next_cursor`` from page to page gives every order that existed at the start exactly once, however
        many are added meanwhile. A page costs the same wherever it lies.
        """
        ...

    def history(self, ref: OrderRef) -> Sequence[HistoryEntry]:
        """Return all history of the order, deleted or not, oldest first; empty for an unknown order."""
        ...
