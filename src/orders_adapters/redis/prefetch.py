"""Per-thread prefetch: a key is read in the round trip of an earlier command."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prefetched:
    """The value of a key, the time of its request (``time.monotonic``), and the node of a cluster that replied."""

    value: object
    requested_at: float
    node: str = ""


class Prefetch:
    """The key that each thread is going to read next, until the thread reads or cancels it."""

    def __init__(self) -> None:
        self._thread = threading.local()

    def request(self, key: str | None) -> None:
        """Set the key that is read next, or None to cancel. A prefetched value is discarded."""
        self._thread.key, self._thread.entry = key, None

    @property
    def key(self) -> str | None:
        """The key to prefetch, or None."""
        return getattr(self._thread, "key", None)

    def store(self, value: object, *, requested_at: float) -> None:
        self._thread.entry = Prefetched(value, requested_at)

    def pop(self, key: str) -> Prefetched | None:
        """Remove and return the prefetched value of the key, or None if the key was not prefetched."""
        entry: Prefetched | None = getattr(self._thread, "entry", None) if self.key == key else None
        self.request(None)
        return entry
