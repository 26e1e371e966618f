"""Order cache that counts its hits and misses."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from orders_domain.model.order import Order
from orders_domain.ports.order_cache import OrderCache


class CountRead(Protocol):
    """Counts a read of the cache."""

    def __call__(self, *, hit: bool) -> None: ...


class InstrumentedOrderCache(OrderCache):
    def __init__(self, cache: OrderCache, count_read: CountRead) -> None:
        self._cache = cache
        self._count_read = count_read

    def get(self, order_id: UUID) -> Order | None:
        order = self._cache.get(order_id)
        self._count_read(hit=order is not None)
        return order

    def prefetch(self, order_id: UUID | None) -> None:
        self._cache.prefetch(order_id)

    def put(self, order: Order) -> None:
        self._cache.put(order)

    def invalidate(self, versions: Mapping[UUID, int]) -> bool:
        return self._cache.invalidate(versions)

    def copies(self) -> Iterator[Sequence[Order]]:
        return self._cache.copies()
