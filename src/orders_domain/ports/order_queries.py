"""Order query port: reads outside any unit of work, possibly from a replica."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from orders_domain.model.history import HistoryEntry
from orders_domain.model.life.open_orders import OpenOrders, RefundBacklog
from orders_domain.model.order import Order
from orders_domain.model.order_filter import OrderFilter, Page, SummaryPage
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.values.user_totals import UserTotals


class OrderQueries(Protocol):
    """Read-only queries. Every method raises StoreUnavailable if the store is unavailable."""

    def get(self, ref: OrderRef) -> Order:
        """Return the order as last committed.

        Raises:
            OrderNotFound: the order does not exist or is deleted.
        """
        ...

    def search(self, order_filter: OrderFilter) -> Page:
        """Return a page of orders, newest first; orders created at the same time by descending id.

        Following ``next_cursor`` returns every order that existed at the start exactly once, even if orders are added
        meanwhile. The cost of a page does not depend on its position.
        """
        ...

    def summaries(self, order_filter: OrderFilter) -> SummaryPage:
        """Return the summaries of the orders that ``search`` finds, without the effort of building the orders.

        A page ends at its limit only, because a summary has no items.
        """
        ...

    def expiring(self, *, before: datetime, limit: int, offset: int = 0) -> Sequence[UUID]:
        """Return at most ``limit`` orders that expire before the time, the earliest first, after the first ``offset``.

        Held and paid ones, and those shipped in part, are left out.
        """
        ...

    def open_orders(self, *, limit: int) -> Sequence[OpenOrders]:
        """Return the orders of which units are open, grouped by status and axes.

        Of each status only the ``limit`` orders that were placed first are counted, so that the cost is bounded.
        """
        ...

    def refund_backlog(self, *, limit: int) -> RefundBacklog:
        """Return the orders with a refund that is requested, and neither succeeded nor failed; at most ``limit``."""
        ...

    def history(self, ref: OrderRef) -> Sequence[HistoryEntry]:
        """Return the history of the order, oldest entry first, also if it is deleted; empty for an unknown order."""
        ...

    def user_totals(self, user_id: str, *, currency: str) -> UserTotals:
        """Return the totals of the user's orders in the currency."""
        ...
