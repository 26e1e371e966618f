"""Circuit breaker: opens after three consecutive failures, then permits one trial call after each pause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pybreaker

FAILURES = 3
RESET_TIMEOUT = 0.5  # seconds between trials of Redis; short, because old copies cannot be invalidated meanwhile

CircuitOpen = pybreaker.CircuitBreakerError
_Result = TypeVar("_Result")


class CircuitBreaker(pybreaker.CircuitBreaker):
    """Counts every error as a failure, except those of the types ``exclude``.

    pybreaker holds its lock during a call, which would serialize the calls of all threads. Here only the trial call of
    an open circuit holds the lock, and other threads do not wait for it.
    """

    def __init__(self, *, exclude: type[Exception] | tuple[type[Exception], ...], reset_timeout: float) -> None:
        super().__init__(
            fail_max=FAILURES,
            reset_timeout=reset_timeout,
            exclude=[lambda error: isinstance(error, exclude)],
            throw_new_error_on_trip=False,
        )

    @property
    def closed(self) -> bool:
        return bool(self.current_state == pybreaker.STATE_CLOSED)

    def call(self, func: Callable[..., _Result], *args: Any, **kwargs: Any) -> _Result:
        """Call the function and return its result.

        Raises:
            CircuitOpen: earlier calls failed; the function was not called.
        """
        if self.closed:
            return self.state.call(func, *args, **kwargs)
        if not self._lock.acquire(blocking=False):
            raise CircuitOpen("another thread is making the trial call")
        try:
            return self.state.call(func, *args, **kwargs)
        finally:
            self._lock.release()
