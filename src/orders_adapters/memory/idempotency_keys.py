"""In-memory idempotency keys of one unit of work, staged until commit. A duplicate request waits for the commit."""

from datetime import datetime

from orders_adapters.memory.store import InMemoryStore, StoredKey
from orders_domain.errors import IdempotencyKeyReused
from orders_domain.model.idempotency import RETENTION, DuplicateRequest, IdempotencyKey
from orders_domain.model.order import Order, rebuild
from orders_domain.ports.idempotency_keys import IdempotencyKeyCleanup, IdempotencyKeys


class InMemoryIdempotencyKeys(IdempotencyKeys):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store
        self._staged: dict[tuple[str, str, str], StoredKey] = {}

    def acquire(self, key: IdempotencyKey, *, at: datetime) -> None:
        stored = self._store.idempotency_keys.get(_composite_key(key))
        if stored is None or stored.at <= at - RETENTION:
            return
        if stored.fingerprint != key.fingerprint:
            raise IdempotencyKeyReused
        entries = self._store.histories[stored.order_id][:1]
        raise DuplicateRequest(
            rebuild(entries, number=self._store.orders[stored.order_id].number), version=stored.version
        )

    def store(self, key: IdempotencyKey, order: Order, *, at: datetime | None = None) -> None:
        self._staged[_composite_key(key)] = StoredKey(key.fingerprint, order.id, at or order.created_at, order.version)

    def merge(self) -> None:
        """Copy the staged keys to the store. The caller must hold ``store.read_lock``."""
        self._store.idempotency_keys |= self._staged


class InMemoryIdempotencyKeyCleanup(IdempotencyKeyCleanup):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def prune(self, *, stored_before: datetime, limit: int = 1_000) -> int:
        with self._store.read_lock:
            old = [key for key, stored in self._store.idempotency_keys.items() if stored.at < stored_before][:limit]
            for key in old:
                del self._store.idempotency_keys[key]
            return len(old)


def _composite_key(idempotency_key: IdempotencyKey) -> tuple[str, str, str]:
    return idempotency_key.subject, idempotency_key.scope, idempotency_key.key
