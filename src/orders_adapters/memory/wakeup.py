"""News within one process: whoever waits is woken by whoever rings."""

import threading


class Bell:
    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self) -> None:
        self._rung.set()

    def wait(self, seconds: float) -> None:
        """Return when the bell was rung since the last wait, or when the time is over."""
        self._rung.wait(seconds)
        self._rung.clear()
