"""Repeater: repeats a call in a thread of its own until it succeeds."""

from __future__ import annotations

import threading
from collections.abc import Callable

INTERVAL = 0.5  # seconds
CLOSE_SECONDS = 2.0  # more than the time limit of a call


class Repeater:
    """Has no thread unless a call is being repeated. The thread ends with the process."""

    def __init__(self, call: Callable[[], bool]) -> None:
        self._call = call
        self._lock, self._closed = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        self._requests = 0

    def request(self) -> None:
        """Repeat the call until it returns True after this request."""
        with self._lock:
            self._requests += 1
            if self._thread is None or not self._thread.is_alive():
                self._closed.clear()
                self._thread = threading.Thread(target=self._run, name="redis repeater", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop repeating, and wait for the end of a call in progress, because its connections are closed next."""
        self._closed.set()
        if (thread := self._thread) is not None:
            thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while not self._closed.wait(INTERVAL):
            requests = self._requests
            if self._call():
                with self._lock:
                    if self._requests == requests:
                        self._thread = None
                        return
