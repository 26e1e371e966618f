"""Marks of dead tokens in a dictionary: all of them, or a copy for the one process there is."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime

from orders_adapters.memory.store import Store
from orders_domain.ports.revoked_tokens import Denied

MOST_COPIED = 100_000


class Denylist:
    def __init__(self, store: Store) -> None:
        self._store = store

    def deny(self, marks: Mapping[str, datetime]) -> frozenset[str]:
        with self._store.reading:
            new = marks.keys() - self._store.denied.keys()
            self._store.denied |= {mark: marks[mark] for mark in new}
            return frozenset(new)

    def denied(self, marks: Sequence[str]) -> bool:
        with self._store.reading:
            return any(mark in self._store.denied for mark in marks)

    def all(self, *, most: int) -> Mapping[str, datetime] | None:
        with self._store.reading:
            return dict(self._store.denied) if len(self._store.denied) <= most else None

    def prune(self, *, expired_before: datetime, limit: int = 1_000) -> int:
        with self._store.reading:
            old = [mark for mark, until in self._store.denied.items() if until < expired_before][:limit]
            for mark in old:
                del self._store.denied[mark]
            return len(old)


class Copy:
    """A copy that nobody but this process changes: complete once it was made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._marks: set[str] = set()
        self._complete = False

    def recall(self, marks: Sequence[str]) -> bool | None:
        with self._lock:
            if not self._marks.isdisjoint(marks):
                return True
            return False if self._complete else None

    def add(self, marks: Mapping[str, datetime]) -> None:
        with self._lock:
            self._marks |= marks.keys()

    def learn(self, denylist: Denied) -> None:
        found = denylist.all(most=MOST_COPIED)
        if found is not None:
            with self._lock:
                self._marks |= found.keys()
                self._complete = True


class NoCopy:
    """Knows nothing: for several processes without a Redis, where each one's own copy could be wrong."""

    def recall(self, marks: Sequence[str]) -> bool | None:
        return None

    def add(self, marks: Mapping[str, datetime]) -> None:
        return

    def learn(self, denylist: Denied) -> None:
        return
