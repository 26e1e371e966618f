"""In-memory order cache, and a null cache."""

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
FENCE_TTL = timedelta(seconds=900)  # longer than TTL plus the longest request


class InMemoryOrderCache(OrderCache):
    """Holds at most ``size`` orders and evicts the least recently used. Fences are not evicted before they expire."""

    def __init__(self, *, clock: Clock, size: int = 10_000) -> None:
        self._clock = clock
        self._size = size
        self._lock = threading.Lock()
        self._copies: OrderedDict[UUID, tuple[Order, datetime]] = OrderedDict()
        self._fences: OrderedDict[UUID, tuple[int, datetime]] = OrderedDict()

    def get(self, order_id: UUID) -> Order | None:
        with self._lock:
            entry = self._copies.get(order_id)
            if entry is None or entry[1] <= self._clock():
                return None
            self._copies.move_to_end(order_id)
            return deepcopy(entry[0])

    def prefetch(self, order_id: UUID | None) -> None:
        """Do nothing, because there is no round trip to save."""

    def put(self, order: Order) -> None:
        with self._lock:
            fence, _ = self._fences.get(order.id, (0, None))
            entry = self._copies.get(order.id)
            if order.version < max(fence, entry[0].version if entry else 0):
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
        entry = self._copies.get(order_id)
        if entry and entry[0].version < version:
            del self._copies[order_id]

    def _delete_expired_fences(self) -> None:
        now = self._clock()
        while self._fences and next(iter(self._fences.values()))[1] <= now:
            self._fences.popitem(last=False)


class NullOrderCache(OrderCache):
    """Always empty, for several processes without Redis, because a cache per process could return old orders."""

    def get(self, order_id: UUID) -> Order | None:
        return None

    def prefetch(self, order_id: UUID | None) -> None:
        """Do nothing, because there is no round trip to save."""

    def put(self, order: Order) -> None:
        return

    def invalidate(self, versions: Mapping[UUID, int]) -> bool:
        return True
