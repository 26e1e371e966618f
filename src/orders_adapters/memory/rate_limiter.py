"""Tries counted in this process."""

import threading
from collections import OrderedDict

from orders_domain.errors import TooManyAttempts
from orders_domain.ports.clock import Clock

WINDOW = 60  # seconds
MOST_KEYS = 100_000


class Attempts:
    """The oldest windows make room where there are too many."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: OrderedDict[str, tuple[int, float]] = OrderedDict()  # tries, and when the window ends

    def note(self, key: str, *, most: int) -> None:
        now = self._clock().timestamp()
        with self._lock:
            tries, ends = self._windows.get(key, (0, 0.0))
            if ends <= now:
                self._windows.pop(key, None)
                tries, ends = 0, now + WINDOW
            self._windows[key] = (tries + 1, ends)
            while len(self._windows) > MOST_KEYS:
                self._windows.popitem(last=False)
        if tries >= most:
            raise TooManyAttempts(retry_after=max(1, int(ends - now + 0.999)))

    def forget(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)
