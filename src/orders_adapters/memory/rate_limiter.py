"""In-memory rate limiter."""

import threading
from collections import OrderedDict
from typing import Any

from orders_domain.errors import TooManyAttempts
from orders_domain.ports.accounts.rate_limiter import RateLimit, RateLimiter
from orders_domain.ports.clock import Clock

MAX_KEYS = 100_000


class InMemoryRateLimiter(RateLimiter):
    """Evicts the oldest windows if there are more than MAX_KEYS, and likewise the oldest of the remembered keys."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: OrderedDict[str, tuple[int, float]] = OrderedDict()  # attempts, and the end of the window
        self._remembered: OrderedDict[str, float] = OrderedDict()  # until when

    def hit(self, key: str, *, limit: RateLimit) -> None:
        now = self._clock().timestamp()
        with self._lock:
            attempts, ends = self._windows.get(key, (0, 0.0))
            if ends <= now:
                self._windows.pop(key, None)
                attempts, ends = 0, now + limit.seconds
            self._windows[key] = (attempts + 1, ends)
            _evict(self._windows)
        if attempts >= limit.attempts:
            raise TooManyAttempts(retry_after=max(1, int(ends - now + 0.999)))

    def reset(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)

    def remember(self, key: str, *, seconds: int) -> None:
        with self._lock:
            self._remembered.pop(key, None)
            self._remembered[key] = self._clock().timestamp() + seconds
            _evict(self._remembered)

    def remembers(self, key: str) -> bool:
        with self._lock:
            return self._remembered.get(key, 0.0) > self._clock().timestamp()


def _evict(entries: OrderedDict[str, Any]) -> None:
    while len(entries) > MAX_KEYS:
        entries.popitem(last=False)
