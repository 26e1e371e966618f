"""UUIDs of version 7 (RFC 9562), strictly increasing within a process."""

import secrets
import threading
import time
from collections.abc import Callable
from uuid import UUID

_COUNTER_BITS = 42
_TAIL_BITS = 32


class UuidSequence:
    """Each call returns a greater id than the one before, also when the clock steps back.

    Layout: 48 bits of milliseconds, a 42-bit counter (RFC 9562, method 1) begun at random each millisecond with its
    highest bit clear, 32 random bits.
    """

    def __init__(self, milliseconds: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self._milliseconds = milliseconds
        self._lock = threading.Lock()
        self._last = -1
        self._counter = 0

    def __call__(self) -> UUID:
        now, counter = self._tick()
        high, low = counter >> 30, counter & ((1 << 30) - 1)
        bits = now << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low << _TAIL_BITS | secrets.randbits(_TAIL_BITS)
        return UUID(int=bits)

    def _tick(self) -> tuple[int, int]:
        with self._lock:
            now = self._milliseconds()
            if now > self._last:
                self._last, self._counter = now, secrets.randbits(_COUNTER_BITS - 1)
            else:
                self._counter += 1
                if self._counter >> _COUNTER_BITS:  # used up: borrow from the next millisecond
                    self._last, self._counter = self._last + 1, 0
            return self._last, self._counter
