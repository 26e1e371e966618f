"""Reading the committed orders."""

from collections.abc import Sequence
from copy import deepcopy
from heapq import nlargest
from uuid import UUID

from orders_adapters.memory.store import Store
from orders_domain.errors import OrderNotFound
from orders_domain.model.history import HistoryEntry
from orders_domain.model.order import Order
from orders_domain.model.order_filter import OrderFilter, Page
from orders_domain.model.order_ref import OrderRef


class Queries:
    def __init__(self, store: Store) -> None:
        self._store = store

    def order(self, ref: OrderRef) -> Order:
        with self._store.reading:
            order_id = self._store.ids.get(ref) if isinstance(ref, int) else ref
            order = self._store.orders.get(order_id) if order_id else None
            if order is None or order.deleted_at is not None:
                raise OrderNotFound(ref)
            return deepcopy(order)

    def orders(self, wanted: OrderFilter) -> Page:
        after = (wanted.cursor.created_at, wanted.cursor.order_id) if wanted.cursor else None
        with self._store.reading:
            found = [
                order
                for order in self._store.orders.values()
                if order.deleted_at is None and wanted.matches(order) and (after is None or _place(order) < after)
            ]
            newest = nlargest(wanted.offset + wanted.limit + 1, found, key=_place)
            return Page.from_rows(deepcopy(newest[wanted.offset :]), wanted.limit)

    def history(self, ref: OrderRef) -> Sequence[HistoryEntry]:
        with self._store.reading:
            order_id = self._store.ids.get(ref) if isinstance(ref, int) else ref
            return deepcopy(self._store.histories.get(order_id, [])) if order_id else []


def _place(order: Order) -> tuple[object, UUID]:
    return order.created_at, order.id
