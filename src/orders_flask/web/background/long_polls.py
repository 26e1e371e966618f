"""Long polls: requests that wait in their thread for new data, so that only some threads may wait at once."""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, cast

from flask import Flask, current_app

from orders_domain.use_cases import EventPage

POLL_INTERVAL = 0.25  # seconds between two reads, and so the greatest part of the delay of an event
_KEY = "orders.long_polls"


class LongPolls:
    """At most ``limit`` polls wait at once, so that the other threads answer requests."""

    def __init__(self, *, limit: int, pause: Callable[[float], object] = time.sleep) -> None:
        self._slots = threading.BoundedSemaphore(limit)
        self._pause = pause
        self._ended = False

    def end(self) -> None:
        """Let every poll return within an interval, and none wait any more, because the process is being stopped."""
        self._ended = True

    def read(self, read: Callable[[str | None], EventPage], *, seconds: float) -> tuple[EventPage, bool]:
        """Read until there are events or the seconds are over; return the last page, and whether the poll could wait.

        ``read`` is given the cursor behind the page before, or None at first.
        """
        deadline = time.monotonic() + seconds
        page = read(None)
        if page.events or seconds <= 0:
            return page, True
        if not self._slots.acquire(blocking=False):
            return page, False
        try:
            while not (page.events or self._ended) and (remaining := deadline - time.monotonic()) > 0:
                if page.is_last:
                    self._pause(min(POLL_INTERVAL, remaining))
                page = read(page.next_cursor)
        finally:
            self._slots.release()
        return page, True


def install(app: Flask, *, threads: int) -> None:
    """Let a quarter of the threads wait, and at least one, but not the last one."""
    app.extensions[_KEY] = LongPolls(limit=min(max(threads // 4, 1), threads - 1))


def end_at_signals(app: Flask, *numbers: signal.Signals) -> None:
    """End the polls at the signals that stop the server, which waits for requests; only in its main thread.

    An event loop has the signal from its wake-up file, whatever handler is installed, so it is handled there, too.
    """
    polls: LongPolls = app.extensions[_KEY]
    for number in numbers:
        before = signal.getsignal(number)

        def handle(received: int, frame: FrameType | None, before: Any = before) -> None:
            polls.end()
            if callable(before):
                before(received, frame)

        signal.signal(number, handle)


def long_polls() -> LongPolls:
    """Return the long polls of the app that serves this request."""
    return cast(LongPolls, current_app.extensions[_KEY])
