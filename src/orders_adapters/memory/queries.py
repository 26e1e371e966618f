"""Reading the committed orders."""

from collections.abc import Sequence
from copy import deepcopy
from heapq import nlargest
from uuid import UUID

from orders_adapters.memory.store import Store
from orders_domain.errors import OrderNotFound
from orders_domain.history import Entry
from orders_domain.order import Order
from orders_domain.queries import OrdersOf, Page


class Queries:
    def __init__(self, store: Store) -> None:
        self._store = store

    def order(self, order_id: UUID) -> Order:
        with self._store.reading:
            order = self._store.orders.get(order_id)
            if order is None:
                raise OrderNotFound(order_id)
            return deepcopy(order)

    def orders(self, wanted: OrdersOf) -> Page:
        after = (wanted.after.created_at, wanted.after.order_id) if wanted.after else None
        with self._store.reading:
            found = (
                order
                for order in self._store.orders.values()
                if order.user_id == wanted.user_id and (after is None or _place(order) < after)
            )
            return Page.cut(deepcopy(nlargest(wanted.limit + 1, found, key=_place)), wanted.limit)

    def history(self, order_id: UUID) -> Sequence[Entry]:
        with self._store.reading:
            return deepcopy(self._store.histories.get(order_id, []))


def _place(order: Order) -> tuple[object, UUID]:
    return order.created_at, order.id
