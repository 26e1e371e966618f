"""In-memory queries of the committed orders."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from heapq import nlargest, nsmallest
from uuid import UUID

from orders_adapters.memory.store import InMemoryStore
from orders_domain.errors import OrderNotFound
from orders_domain.model.history import HistoryEntry
from orders_domain.model.life.axes import FulfillmentStatus, PaymentStatus
from orders_domain.model.life.changes import fulfillment_status, payment_status
from orders_domain.model.life.open_orders import OPEN_STATUSES, OpenOrders, RefundBacklog
from orders_domain.model.order import Order
from orders_domain.model.order_filter import OrderFilter, Page, Sort, SummaryPage
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.search.order_summary import OrderSummary
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.user_totals import UserTotals
from orders_domain.ports.order_queries import OrderQueries


class InMemoryOrderQueries(OrderQueries):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def get(self, ref: OrderRef) -> Order:
        with self._store.read_lock:
            order_id = self._store.ids.get(ref) if isinstance(ref, int) else ref
            order = self._store.orders.get(order_id) if order_id else None
            if order is None or order.deleted_at is not None:
                raise OrderNotFound(ref)
            return deepcopy(order)

    def search(self, order_filter: OrderFilter) -> Page:
        with self._store.read_lock:
            return Page.from_rows(deepcopy(self._matching(order_filter)), order_filter.limit, order_filter.sort)

    def summaries(self, order_filter: OrderFilter) -> SummaryPage:
        with self._store.read_lock:
            rows = [OrderSummary.of(order) for order in self._matching(order_filter)]
        return SummaryPage.from_rows(rows, order_filter.limit, order_filter.sort)

    def _matching(self, order_filter: OrderFilter) -> list[Order]:
        """Return the stored orders of the page, and one more if there are so many; the caller holds the lock."""
        sort = order_filter.sort
        after = (order_filter.cursor.created_at, order_filter.cursor.order_id) if order_filter.cursor else None
        matching = [
            order
            for order in self._store.orders.values()
            if order.deleted_at is None
            and order_filter.matches(order)
            and self._has_sku(order, order_filter.sku)
            and (after is None or _is_after(sort, order, after))
        ]
        first = nlargest if sort.is_descending else nsmallest
        return first(order_filter.offset + order_filter.limit + 1, matching, key=sort.key)[order_filter.offset :]

    def _has_sku(self, order: Order, sku: str | None) -> bool:
        named = self._store.products | self._store.external_products
        return sku is None or any(
            line.product_id in named and named[line.product_id].sku == sku for line in order.lines
        )

    def expiring(self, *, before: datetime, limit: int, offset: int = 0) -> Sequence[UUID]:
        with self._store.read_lock:
            due = [
                (order.life.expires_at, order.id)
                for order in self._store.orders.values()
                if order.life.expires_at and order.life.expires_at <= before
                if order.deleted_at is None and order.life.hold is None
                if payment_status(order) is not PaymentStatus.PAID
                if fulfillment_status(order) is FulfillmentStatus.NONE
            ]
        return [order_id for _, order_id in sorted(due)[offset : offset + limit]]

    def open_orders(self, *, limit: int) -> Sequence[OpenOrders]:
        groups: dict[tuple[OrderStatus, PaymentStatus, FulfillmentStatus, bool], list[datetime]] = {}
        with self._store.read_lock:
            for status in OPEN_STATUSES:
                present = (order for order in self._store.orders.values() if order.deleted_at is None)
                matching = (order for order in present if order.status is status)
                for order in nsmallest(limit, matching, key=lambda order: (order.created_at, order.id)):
                    is_held = order.life.hold is not None
                    group = (status, payment_status(order), fulfillment_status(order), is_held)
                    groups.setdefault(group, []).append(order.updated_at)
        return [
            OpenOrders(
                status=status,
                payment=payment,
                fulfillment=fulfillment,
                is_held=is_held,
                count=len(changes),
                oldest_change=min(changes),
            )
            for (status, payment, fulfillment, is_held), changes in groups.items()
        ]

    def refund_backlog(self, *, limit: int) -> RefundBacklog:
        with self._store.read_lock:
            orders = (order for order in self._store.orders.values() if order.life.totals.refunding)
            changes = sorted(order.updated_at for order in orders)[:limit]
        return RefundBacklog(orders=len(changes), oldest_change=min(changes, default=None))

    def history(self, ref: OrderRef) -> Sequence[HistoryEntry]:
        with self._store.read_lock:
            order_id = self._store.ids.get(ref) if isinstance(ref, int) else ref
            return deepcopy(self._store.histories.get(order_id, [])) if order_id else []

    def user_totals(self, user_id: str, *, currency: str) -> UserTotals:
        with self._store.read_lock:
            orders = [
                order
                for order in self._store.orders.values()
                if (order.user_id, order.total.currency, order.deleted_at) == (user_id, currency, None)
            ]
        paying = [order.total.minor for order in orders if order.status is not OrderStatus.CANCELED]
        return UserTotals(orders=len(orders), paying=len(paying), minor=sum(paying), currency=currency)


def _is_after(sort: Sort, order: Order, after: tuple[datetime, UUID]) -> bool:
    return sort.key(order) < after if sort.is_descending else sort.key(order) > after
