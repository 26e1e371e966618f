"""News within one process: whoever waits is woken by whoever rings."""

import threading


class WakeupSignal:
    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def wait(self, timeout: float) -> None:
        """Return when the bell was rung since the last wait, or when the time is over."""
        self._event.wait(timeout)
        self._event.clear()
