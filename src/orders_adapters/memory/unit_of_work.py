"""In-memory unit of work. Units of work are serialized."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from orders_adapters.memory.idempotency_keys import InMemoryIdempotencyKeys
from orders_adapters.memory.inbox import InMemoryInbox
from orders_adapters.memory.jobs import InMemoryJobProgress
from orders_adapters.memory.life.stock_holds import InMemoryStockHoldRepository
from orders_adapters.memory.orders import InMemoryOrderRepository
from orders_adapters.memory.products import InMemoryProductRepository
from orders_adapters.memory.reservations import InMemoryReservationRepository
from orders_adapters.memory.store import InMemoryStore
from orders_domain.errors import StoreUnavailable
from orders_domain.model.events import Event
from orders_domain.ports.unit_of_work import UnitOfWork

LOCK_TIMEOUT = 5.0
"""Seconds to wait for another unit of work, as with SQLite."""


class InMemoryUnitOfWork(UnitOfWork):
    """Raises RuntimeError if used outside ``with``, after the commit or twice at once, as the SQL unit of work does."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store
        self._staged: _Staged | None = None

    @property
    def orders(self) -> InMemoryOrderRepository:
        return self._open.orders

    @property
    def products(self) -> InMemoryProductRepository:
        return self._open.products

    @property
    def stock(self) -> InMemoryProductRepository:
        return self._open.products

    @property
    def idempotency_keys(self) -> InMemoryIdempotencyKeys:
        return self._open.idempotency_keys

    @property
    def inbox(self) -> InMemoryInbox:
        return self._open.inbox

    @property
    def reservations(self) -> InMemoryReservationRepository:
        return self._open.reservations

    @property
    def stock_holds(self) -> InMemoryStockHoldRepository:
        return self._open.stock_holds

    @property
    def jobs(self) -> InMemoryJobProgress:
        return self._open.jobs

    def __enter__(self) -> Self:
        if self._staged is not None:
            raise RuntimeError("The unit of work is open already.")
        if not self._store.write_lock.acquire(timeout=LOCK_TIMEOUT):
            raise StoreUnavailable("The store is unavailable or too slow.")
        self._staged = _Staged(self._store)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def commit(self) -> None:
        staged = self._open
        with self._store.read_lock:
            staged.merge()
        self._leave()
        self._store.on_commit()

    def publish(self, events: Sequence[Event]) -> None:
        self.orders.publish(events)

    @property
    def _open(self) -> _Staged:
        if self._staged is None:
            raise RuntimeError("The unit of work is not open, or was committed.")
        return self._staged

    def _leave(self) -> None:
        if self._staged is not None:
            self._staged = None
            self._store.write_lock.release()


class _Staged:
    """The staged changes of one unit of work."""

    def __init__(self, store: InMemoryStore) -> None:
        self.orders = InMemoryOrderRepository(store)
        self.reservations = InMemoryReservationRepository(store)
        self.products = InMemoryProductRepository(store, self.reservations)
        self.idempotency_keys = InMemoryIdempotencyKeys(store)
        self.inbox = InMemoryInbox(store)
        self.stock_holds = InMemoryStockHoldRepository(store, self.products)
        self.jobs = InMemoryJobProgress(store)

    def merge(self) -> None:
        """Copy all changes to the store. The caller must hold ``store.read_lock``."""
        self.jobs.merge()  # before the others, because it raises an error if the lease is lost
        stock = (self.products, self.reservations, self.stock_holds)
        for staged in (self.orders, *stock, self.idempotency_keys, self.inbox):
            staged.merge()
