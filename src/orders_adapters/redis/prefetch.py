"""A key read along with the question asked before it: a round trip less."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prefetched:
    """What a key had, and when it was asked for (``time.monotonic``)."""

    value: object
    asked_at: float


class Prefetch:
    """Of each thread, the key that it is going to read, until it has read it or says that it will not."""

    def __init__(self) -> None:
        self._of = threading.local()

    def request(self, key: str | None) -> None:
        """Say what is going to be read next; None where nothing is, and what was found is forgotten."""
        self._of.key, self._of.found = key, None

    @property
    def key(self) -> str | None:
        """What is to be asked for along with something else."""
        return getattr(self._of, "key", None)

    def store(self, value: object, *, asked_at: float) -> None:
        self._of.found = Prefetched(value, asked_at)

    def pop(self, key: str) -> Prefetched | None:
        """Return what was found of the key, once; None where nobody has asked for it."""
        found: Prefetched | None = getattr(self._of, "found", None) if self.key == key else None
        self.request(None)
        return found
