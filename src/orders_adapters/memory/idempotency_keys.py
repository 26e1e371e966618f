"""The keys of one unit of work, staged until it commits; who repeats a request meanwhile waits for it to end."""

from datetime import datetime

from orders_adapters.memory.store import Store, StoredKey
from orders_domain.errors import IdempotencyKeyReused
from orders_domain.model.idempotency import RETENTION, DuplicateRequest, IdempotencyKey
from orders_domain.model.order import Order, rebuild


class Keys:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[tuple[str, str, str], StoredKey] = {}

    def claim(self, once: IdempotencyKey, *, at: datetime) -> None:
        kept = self._store.keys.get(_place(once))
        if kept is None or kept.at <= at - RETENTION:
            return
        if kept.fingerprint != once.fingerprint:
            raise IdempotencyKeyReused
        placing = self._store.histories[kept.order_id][:1]
        raise DuplicateRequest(rebuild(placing, number=self._store.orders[kept.order_id].number))

    def keep(self, once: IdempotencyKey, order: Order) -> None:
        self._kept[_place(once)] = StoredKey(once.fingerprint, order.id, order.created_at)

    def merge(self) -> None:
        """Make the staged keys those of the store; ``store.reading`` is held."""
        self._store.keys |= self._kept


class KeptKeys:
    def __init__(self, store: Store) -> None:
        self._store = store

    def prune(self, *, kept_before: datetime, limit: int = 1_000) -> int:
        with self._store.reading:
            old = [place for place, kept in self._store.keys.items() if kept.at < kept_before][:limit]
            for place in old:
                del self._store.keys[place]
            return len(old)


def _place(once: IdempotencyKey) -> tuple[str, str, str]:
    return once.subject, once.scope, once.key
