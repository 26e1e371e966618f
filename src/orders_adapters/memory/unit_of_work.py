"""One unit of work at a time; the others wait."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from orders_adapters.memory.idempotency_keys import Keys
from orders_adapters.memory.inbox import Inbox
from orders_adapters.memory.orders import Orders
from orders_adapters.memory.products import Products
from orders_adapters.memory.reservations import Bookings
from orders_adapters.memory.store import Store
from orders_domain.errors import StoreUnavailable
from orders_domain.model.events import Event

PATIENCE = 5.0
"""Seconds to wait for the unit of work of another; SQLite waits as long."""


class UnitOfWork:
    """Used outside ``with``, after its commit or twice at once it raises RuntimeError, as a database's does."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._staged: _Staged | None = None

    @property
    def orders(self) -> Orders:
        return self._open.orders

    @property
    def products(self) -> Products:
        return self._open.products

    @property
    def stock(self) -> Products:
        return self._open.products

    @property
    def keys(self) -> Keys:
        return self._open.keys

    @property
    def inbox(self) -> Inbox:
        return self._open.inbox

    @property
    def bookings(self) -> Bookings:
        return self._open.bookings

    def __enter__(self) -> Self:
        if self._staged is not None:
            raise RuntimeError("The unit of work is open already.")
        if not self._store.writing.acquire(timeout=PATIENCE):
            raise StoreUnavailable("The store is away or too slow.")
        self._staged = _Staged(self._store)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def commit(self) -> None:
        staged = self._open
        with self._store.reading:
            staged.merge()
        self._leave()
        self._store.on_commit()

    def tell(self, events: Sequence[Event]) -> None:
        self.orders.tell(events)

    @property
    def _open(self) -> _Staged:
        if self._staged is None:
            raise RuntimeError("The unit of work is not open, or was committed.")
        return self._staged

    def _leave(self) -> None:
        if self._staged is not None:
            self._staged = None
            self._store.writing.release()


class _Staged:
    """What is done in one unit of work."""

    def __init__(self, store: Store) -> None:
        self.orders = Orders(store)
        self.bookings = Bookings(store)
        self.products = Products(store, self.bookings)
        self.keys = Keys(store)
        self.inbox = Inbox(store)

    def merge(self) -> None:
        """Make all of it the store's; ``store.reading`` is held."""
        for part in (self.orders, self.products, self.keys, self.inbox, self.bookings):
            part.merge()
