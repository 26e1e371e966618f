"""Reading the committed orders."""

from collections.abc import Sequence
from copy import deepcopy
from heapq import nlargest
from uuid import UUID

from orders_adapters.memory.store import Store
from orders_domain.errors import OrderNotFound
from orders_domain.model.history import Entry
from orders_domain.model.order import Order
from orders_domain.model.order_filter import OrdersWanted, Page
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

    def orders(self, wanted: OrdersWanted) -> Page:
        after = (wanted.after.created_at, wanted.after.order_id) if wanted.after else None
        with self._store.reading:
            found = [
                order
                for order in self._store.orders.values()
                if order.deleted_at is None and wanted.matches(order) and (after is None or _place(order) < after)
            ]
            newest = nlargest(wanted.skip + wanted.limit + 1, found, key=_place)
            return Page.cut(deepcopy(newest[wanted.skip :]), wanted.limit)

    def history(self, ref: OrderRef) -> Sequence[Entry]:
        with self._store.reading:
            order_id = self._store.ids.get(ref) if isinstance(ref, int) else ref
            return deepcopy(self._store.histories.get(order_id, [])) if order_id else []


def _place(order: Order) -> tuple[object, UUID]:
    return order.created_at, order.id
