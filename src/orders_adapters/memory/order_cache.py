"""In-memory order cache, and a null cache."""

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from orders_domain.model.order import Order, order_from_state
from orders_domain.model.order_state import order_state
from orders_domain.ports.clock import Clock
from orders_domain.ports.order_cache import COPIES, MAX_COPY_BYTES, OrderCache

TTL = timedelta(seconds=300)
FENCE_TTL = timedelta(seconds=900)  # longer than TTL plus the longest request


@dataclass(frozen=True, slots=True)
class _Copy:
    version: int
    snapshot: bytes
    expires_at: datetime


class InMemoryOrderCache(OrderCache):
    """Holds at most ``max_bytes`` of orders and evicts the least recently used.

    Fences are not evicted before they expire.
    """

    def __init__(self, *, clock: Clock, max_bytes: int = 32 * 1024 * 1024) -> None:
        self._clock = clock
        self._max_bytes, self._bytes = max_bytes, 0
        self._lock = threading.Lock()
        self._copies: OrderedDict[UUID, _Copy] = OrderedDict()
        self._fences: OrderedDict[UUID, tuple[int, datetime]] = OrderedDict()

    def get(self, order_id: UUID) -> Order | None:
        with self._lock:
            entry = self._copies.get(order_id)
            if entry is None or entry.expires_at <= self._clock():
                return None
            self._copies.move_to_end(order_id)
        return order_from_state(json.loads(entry.snapshot))

    def prefetch(self, order_id: UUID | None) -> None:
        """Do nothing, because there is no round trip to save."""

    def put(self, order: Order) -> None:
        snapshot = json.dumps(order_state(order), ensure_ascii=False, default=dict).encode()
        if len(snapshot) > MAX_COPY_BYTES:
            self.invalidate({order.id: order.version})
            return
        with self._lock:
            fence, _ = self._fences.get(order.id, (0, None))
            entry = self._copies.get(order.id)
            if order.version < max(fence, entry.version if entry else 0):
                return
            self._remove(order.id)
            self._copies[order.id] = _Copy(order.version, snapshot, self._clock() + TTL)
            self._bytes += len(snapshot)
            while self._bytes > self._max_bytes:
                self._remove(next(iter(self._copies)))

    def invalidate(self, versions: Mapping[UUID, int]) -> bool:
        with self._lock:
            for order_id, version in versions.items():
                self._fence(order_id, version)
            self._delete_expired_fences()
        return True

    def copies(self) -> Iterator[Sequence[Order]]:
        with self._lock:
            order_ids = list(self._copies)
        for start in range(0, len(order_ids), COPIES):
            yield list(filter(None, map(self.get, order_ids[start : start + COPIES])))

    def _fence(self, order_id: UUID, version: int) -> None:
        fence, _ = self._fences.pop(order_id, (0, None))
        self._fences[order_id] = (max(fence, version), self._clock() + FENCE_TTL)
        entry = self._copies.get(order_id)
        if entry and entry.version < version:
            self._remove(order_id)

    def _remove(self, order_id: UUID) -> None:
        if copy := self._copies.pop(order_id, None):
            self._bytes -= len(copy.snapshot)

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

    def copies(self) -> Iterator[Sequence[Order]]:
        return iter(())
