"""Decorator of the order cache that counts hits and misses."""

from collections.abc import Mapping
from uuid import UUID

from orders_domain.model.order import Order
from orders_domain.ports.order_cache import OrderCache
from orders_flask.observability.metrics import Metrics


class InstrumentedOrderCache(OrderCache):
    def __init__(self, cache: OrderCache, metrics: Metrics) -> None:
        self._cache = cache
        self._metrics = metrics

    def get(self, order_id: UUID) -> Order | None:
        order = self._cache.get(order_id)
        self._metrics.cache_read(hit=order is not None)
        return order

    def prefetch(self, order_id: UUID | None) -> None:
        self._cache.prefetch(order_id)

    def put(self, order: Order) -> None:
        self._cache.put(order)

    def invalidate(self, versions: Mapping[UUID, int]) -> bool:
        return self._cache.invalidate(versions)
