"""Marks of dead tokens in a dictionary: all of them, or a copy for the one process there is."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime

from orders_adapters.memory.store import InMemoryStore
from orders_domain.ports.revoked_tokens import AllRevokedTokens, RevokedTokenCache

MAX_CACHED = 100_000


class InMemoryRevokedTokens(AllRevokedTokens):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def revoke(self, keys: Mapping[str, datetime]) -> frozenset[str]:
        with self._store.read_lock:
            new = keys.keys() - self._store.revoked_tokens.keys()
            self._store.revoked_tokens |= {mark: keys[mark] for mark in new}
            return frozenset(new)

    def is_revoked(self, keys: Sequence[str]) -> bool:
        with self._store.read_lock:
            return any(mark in self._store.revoked_tokens for mark in keys)

    def all(self, *, limit: int) -> Mapping[str, datetime] | None:
        with self._store.read_lock:
            return dict(self._store.revoked_tokens) if len(self._store.revoked_tokens) <= limit else None

    def prune(self, *, expired_before: datetime, limit: int = 1_000) -> int:
        with self._store.read_lock:
            old = [mark for mark, until in self._store.revoked_tokens.items() if until < expired_before][:limit]
            for mark in old:
                del self._store.revoked_tokens[mark]
            return len(old)


class InMemoryRevokedTokenCache(RevokedTokenCache):
    """A copy that nobody but this process changes: complete once it was made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: set[str] = set()
        self._complete = False

    def lookup(self, keys: Sequence[str]) -> bool | None:
        with self._lock:
            if not self._keys.isdisjoint(keys):
                return True
            return False if self._complete else None

    def add(self, keys: Mapping[str, datetime]) -> None:
        with self._lock:
            self._keys |= keys.keys()

    def refresh(self, revoked_tokens: AllRevokedTokens) -> None:
        found = revoked_tokens.all(limit=MAX_CACHED)
        if found is not None:
            with self._lock:
                self._keys |= found.keys()
                self._complete = True


class NullRevokedTokenCache(RevokedTokenCache):
    """Knows nothing: for several processes without a Redis, where each one's own copy could be wrong."""

    def lookup(self, keys: Sequence[str]) -> bool | None:
        return None

    def add(self, keys: Mapping[str, datetime]) -> None:
        return

    def refresh(self, revoked_tokens: AllRevokedTokens) -> None:
        return
