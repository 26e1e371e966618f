"""In-memory revoked tokens, with a cache and a null cache."""

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
            self._store.revoked_tokens |= {key: keys[key] for key in new}
            return frozenset(new)

    def is_revoked(self, keys: Sequence[str]) -> bool:
        with self._store.read_lock:
            return any(key in self._store.revoked_tokens for key in keys)

    def all(self, *, limit: int) -> Mapping[str, datetime] | None:
        with self._store.read_lock:
            return dict(self._store.revoked_tokens) if len(self._store.revoked_tokens) <= limit else None

    def prune(self, *, expired_before: datetime, limit: int = 1_000) -> int:
        with self._store.read_lock:
            old = [key for key, until in self._store.revoked_tokens.items() if until < expired_before][:limit]
            for key in old:
                del self._store.revoked_tokens[key]
            return len(old)


class InMemoryRevokedTokenCache(RevokedTokenCache):
    """A cache that only this process changes, so that it stays complete after the first refresh."""

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
        revoked = revoked_tokens.all(limit=MAX_CACHED)
        if revoked is not None:
            with self._lock:
                self._keys |= revoked.keys()
                self._complete = True


class NullRevokedTokenCache(RevokedTokenCache):
    """Always unknown, for several processes without Redis, because a cache per process could miss revocations."""

    def lookup(self, keys: Sequence[str]) -> bool | None:
        return None

    def add(self, keys: Mapping[str, datetime]) -> None:
        return

    def refresh(self, revoked_tokens: AllRevokedTokens) -> None:
        return
