"""Identity of an in-memory store, which lives as long as its process and is never restored."""

from itertools import count
from uuid import uuid4

from orders_adapters.memory.store import InMemoryStore
from orders_domain.ports.store_identity import StoreIdentity


class InMemoryStoreIdentity(StoreIdentity):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def get(self) -> str:
        return self._store.identity

    def renew(self, *, gap: int) -> int:
        with self._store.write_lock, self._store.read_lock:
            self._store.identity = uuid4().hex
            number = next(self._store.numbers) + gap
            self._store.numbers = count(number)
            self._store.product_ids = count(next(self._store.product_ids) + gap)
            self._store.template_ids = count(next(self._store.template_ids) + gap)
        return number
