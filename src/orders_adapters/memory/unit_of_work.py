"""One unit of work at a time; the others wait."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from orders_adapters.memory.bookings import Bookings
from orders_adapters.memory.inbox import Inbox
from orders_adapters.memory.keys import Keys
from orders_adapters.memory.orders import Orders
from orders_adapters.memory.products import Products
from orders_adapters.memory.store import Store
from orders_domain.events import Event


class UnitOfWork:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._open = False
        self._begin()

    def __enter__(self) -> Self:
        self._store.writing.acquire()
        self._open = True
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def commit(self) -> None:
        with self._store.reading:
            self.orders.merge()
            self.products.merge()
            self.keys.merge()
            self.inbox.merge()
            self.bookings.merge()
        self._leave()
        self._store.on_commit()

    def tell(self, events: Sequence[Event]) -> None:
        self.orders.tell(events)

    def _leave(self) -> None:
        self._begin()
        if self._open:
            self._open = False
            self._store.writing.release()

    def _begin(self) -> None:
        self.orders = Orders(self._store)
        self.bookings = Bookings(self._store)
        self.products = self.stock = Products(self._store, self.bookings)
        self.keys = Keys(self._store)
        self.inbox = Inbox(self._store)
