"""After three failures in a row nobody waits for Redis any more; every two seconds one caller tries it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pybreaker
import redis

FAILURES = 3
RESET_TIMEOUT = 2.0  # seconds between trials

CircuitOpen = pybreaker.CircuitBreakerError
_Answer = TypeVar("_Answer")


class CircuitBreaker(pybreaker.CircuitBreaker):
    """Counts what is slow or away; an error that Redis answers with is an answer.

    pybreaker holds its lock for as long as the call lasts, so that a process would reach Redis one thread at a time.
    Here only the trial of an open circuit is held by one, and nobody waits for it.
    """

    def __init__(self) -> None:
        super().__init__(
            fail_max=FAILURES,
            reset_timeout=RESET_TIMEOUT,
            exclude=[redis.ResponseError],
            throw_new_error_on_trip=False,
        )

    @property
    def closed(self) -> bool:
        return bool(self.current_state == pybreaker.STATE_CLOSED)

    def call(self, func: Callable[..., _Answer], *args: Any, **kwargs: Any) -> _Answer:
        """Return what the function returns.

        Raises:
            CircuitOpen: Redis was away a moment ago; the function was not called.
        """
        if self.closed:
            return self.state.call(func, *args, **kwargs)
        if not self._lock.acquire(blocking=False):
            raise CircuitOpen("another caller is trying")
        try:
            return self.state.call(func, *args, **kwargs)
        finally:
            self._lock.release()
