"""In-memory rate limiter."""

import threading
from collections import OrderedDict

from orders_domain.errors import TooManyAttempts
from orders_domain.ports.clock import Clock
from orders_domain.ports.rate_limiter import RateLimiter

WINDOW = 60  # seconds
MAX_KEYS = 100_000


class InMemoryRateLimiter(RateLimiter):
    """Evicts the oldest windows if there are more than MAX_KEYS."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: OrderedDict[str, tuple[int, float]] = OrderedDict()  # attempts, and the end of the window

    def hit(self, key: str, *, limit: int) -> None:
        now = self._clock().timestamp()
        with self._lock:
            attempts, ends = self._windows.get(key, (0, 0.0))
            if ends <= now:
                self._windows.pop(key, None)
                attempts, ends = 0, now + WINDOW
            self._windows[key] = (attempts + 1, ends)
            while len(self._windows) > MAX_KEYS:
                self._windows.popitem(last=False)
        if attempts >= limit:
            raise TooManyAttempts(retry_after=max(1, int(ends - now + 0.999)))

    def reset(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)
