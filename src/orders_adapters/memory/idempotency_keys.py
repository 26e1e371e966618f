"""The keys of one unit of work, staged until it commits; who repeats a request meanwhile waits for it to end."""

from datetime import datetime

from orders_adapters.memory.store import InMemoryStore, StoredKey
from orders_domain.errors import IdempotencyKeyReused
from orders_domain.model.idempotency import RETENTION, DuplicateRequest, IdempotencyKey
from orders_domain.model.order import Order, rebuild
from orders_domain.ports.idempotency_keys import IdempotencyKeyCleanup, IdempotencyKeys


class InMemoryIdempotencyKeys(IdempotencyKeys):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store
        self._responses: dict[tuple[str, str, str], StoredKey] = {}

    def acquire(self, key: IdempotencyKey, *, at: datetime) -> None:
        kept = self._store.idempotency_keys.get(_composite_key(key))
        if kept is None or kept.at <= at - RETENTION:
            return
        if kept.fingerprint != key.fingerprint:
            raise IdempotencyKeyReused
        placing = self._store.histories[kept.order_id][:1]
        raise DuplicateRequest(rebuild(placing, number=self._store.orders[kept.order_id].number))

    def store(self, key: IdempotencyKey, order: Order) -> None:
        self._responses[_composite_key(key)] = StoredKey(key.fingerprint, order.id, order.created_at)

    def merge(self) -> None:
        """Make the staged keys those of the store; ``store.reading`` is held."""
        self._store.idempotency_keys |= self._responses


class InMemoryIdempotencyKeyCleanup(IdempotencyKeyCleanup):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def prune(self, *, stored_before: datetime, limit: int = 1_000) -> int:
        with self._store.read_lock:
            old = [place for place, kept in self._store.idempotency_keys.items() if kept.at < stored_before][:limit]
            for place in old:
                del self._store.idempotency_keys[place]
            return len(old)


def _composite_key(idempotency_key: IdempotencyKey) -> tuple[str, str, str]:
    return idempotency_key.subject, idempotency_key.scope, idempotency_key.key
