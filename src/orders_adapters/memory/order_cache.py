"""Caches of one process, and none at all."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from uuid import UUID

from orders_domain.model.order import Order
from orders_domain.ports.clock import Clock
from orders_domain.ports.order_cache import OrderCache

TTL = timedelta(seconds=300)
FENCE_TTL = timedelta(seconds=900)  # longer than a copy lives and a request may last, together


class InMemoryOrderCache(OrderCache):
    """At most ``size`` orders, the least recently used go first; a fence stays for its whole life."""

    def __init__(self, *, clock: Clock, size: int = 10_000) -> None:
        self._clock = clock
        self._size = size
        self._lock = threading.Lock()
        self._copies: OrderedDict[UUID, tuple[Order, datetime]] = OrderedDict()
        self._fences: OrderedDict[UUID, tuple[int, datetime]] = OrderedDict()

    def get(self, order_id: UUID) -> Order | None:
        with self._lock:
            found = self._copies.get(order_id)
            if found is None or found[1] <= self._clock():
                return None
            self._copies.move_to_end(order_id)
            return deepcopy(found[0])

    def prefetch(self, order_id: UUID | None) -> None:
        """There is no server, and so no round trip to save."""

    def put(self, order: Order) -> None:
        with self._lock:
            fence, _ = self._fences.get(order.id, (0, None))
            present = self._copies.get(order.id)
            if order.version < max(fence, present[0].version if present else 0):
                return
            self._copies[order.id] = (deepcopy(order), self._clock() + TTL)
            self._copies.move_to_end(order.id)
            while len(self._copies) > self._size:
                self._copies.popitem(last=False)

    def invalidate(self, versions: Mapping[UUID, int]) -> bool:
        with self._lock:
            for order_id, version in versions.items():
                self._fence(order_id, version)
            self._delete_expired_fences()
        return True

    def _fence(self, order_id: UUID, version: int) -> None:
        fence, _ = self._fences.pop(order_id, (0, None))
        self._fences[order_id] = (max(fence, version), self._clock() + FENCE_TTL)
        present = self._copies.get(order_id)
        if present and present[0].version < version:
            del self._copies[order_id]

    def _delete_expired_fences(self) -> None:
        now = self._clock()
        while self._fences and next(iter(self._fences.values()))[1] <= now:
            self._fences.popitem(last=False)


class NullOrderCache(OrderCache):
    """Always empty: for several processes without a Redis, where each one's own cache could be wrong."""

    def get(self, order_id: UUID) -> Order | None:
        return None

    def prefetch(self, order_id: UUID | None) -> None:
        """There is no server, and so no round trip to save."""

    def put(self, order: Order) -> None:
        return

    def invalidate(self, versions: Mapping[UUID, int]) -> bool:
        return True
