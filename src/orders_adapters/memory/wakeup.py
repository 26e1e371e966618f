"""In-process wake-up signal."""

import threading


class WakeupSignal:
    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def wait(self, timeout: float) -> None:
        """Return when the signal was set since the last wait, or after ``timeout`` seconds."""
        self._event.wait(timeout)
        self._event.clear()
