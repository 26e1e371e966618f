"""One unit of work at a time; the others wait."""

from types import TracebackType
from typing import Self

from orders_adapters.memory.orders import Orders
from orders_adapters.memory.store import Store


class UnitOfWork:
    def __init__(self, store: Store) -> None:
        self._store = store
        self.orders = Orders(store)

    def __enter__(self) -> Self:
        self._store.writing.acquire()
        self.orders = Orders(self._store)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.writing.release()

    def commit(self) -> None:
        with self._store.reading:
            self.orders.merge()
        self.orders = Orders(self._store)
        self._store.on_commit()
