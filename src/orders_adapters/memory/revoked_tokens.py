"""In-memory revoked tokens, with a cache and a null cache."""

import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from orders_adapters.memory.store import InMemoryStore
from orders_adapters.private_files import create_private
from orders_domain.model.accounts.auth_token import Revocation
from orders_domain.ports.accounts.revoked_tokens import AllRevokedTokens, RevokedTokenCache

MAX_CACHED = 100_000


class InMemoryRevokedTokens(AllRevokedTokens):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def revoke(self, revocations: Mapping[str, Revocation]) -> frozenset[str]:
        stored = self._store.revoked_tokens
        with self._store.read_lock:
            raised = {
                key: revocation
                for key, revocation in revocations.items()
                if key not in stored or stored[key].valid_from < revocation.valid_from
            }
            stored |= raised
            return frozenset(raised)

    def is_revoked(self, numbers: Mapping[str, int]) -> bool:
        with self._store.read_lock:
            stored = self._store.revoked_tokens
            return any(key in stored and number < stored[key].valid_from for key, number in numbers.items())

    def all(self, *, limit: int) -> Mapping[str, int] | None:
        with self._store.read_lock:
            stored = self._store.revoked_tokens
            return {key: stored[key].valid_from for key in stored} if len(stored) <= limit else None

    def prune(self, *, expired_before: datetime, limit: int = 1_000) -> int:
        with self._store.read_lock:
            stored = self._store.revoked_tokens
            old = [key for key, revocation in stored.items() if revocation.until < expired_before][:limit]
            for key in old:
                del self._store.revoked_tokens[key]
            return len(old)


class InMemoryRevokedTokenCache(RevokedTokenCache):
    """A cache that stays complete after a refresh until another process revokes a token.

    Processes that share an embedded database notice that by the size of the file ``marker``, to which each revocation
    appends a byte, and so without a statement. Without a marker there is only this process.
    """

    def __init__(self, marker: Path | None = None) -> None:
        self._marker = marker
        self._seen = 0  # the size of the marker when the cache was complete
        self._lock = threading.Lock()
        self._valid_from: dict[str, int] = {}
        self._complete = False

    def lookup(self, numbers: Mapping[str, int]) -> bool | None:
        with self._lock:
            if any(number < self._valid_from.get(key, 0) for key, number in numbers.items()):
                return True
            return False if self._complete and self._seen == self._size() else None

    def add(self, revocations: Mapping[str, Revocation]) -> None:
        with self._lock:
            self._raise({key: revocation.valid_from for key, revocation in revocations.items()})
            if self._marker:
                create_private(self._marker)
                with self._marker.open("ab", buffering=0) as marker:
                    marker.write(b".")
                if self._size() == self._seen + 1:  # otherwise another process has revoked a token as well
                    self._seen += 1

    def refresh(self, revoked_tokens: AllRevokedTokens) -> None:
        seen = self._size()  # before the read, so that a later revocation is noticed
        revoked = revoked_tokens.all(limit=MAX_CACHED)
        if revoked is not None:
            with self._lock:
                self._raise(revoked)
                self._complete, self._seen = True, seen

    def _size(self) -> int:
        try:
            return self._marker.stat().st_size if self._marker else 0
        except FileNotFoundError:  # before the first revocation
            return 0

    def _raise(self, valid_from: Mapping[str, int]) -> None:
        for key, number in valid_from.items():
            self._valid_from[key] = max(number, self._valid_from.get(key, 0))


class NullRevokedTokenCache(RevokedTokenCache):
    """Always unknown, for several processes without Redis, because a cache per process could miss revocations."""

    def lookup(self, numbers: Mapping[str, int]) -> bool | None:
        return None

    def add(self, revocations: Mapping[str, Revocation]) -> None:
        return

    def refresh(self, revoked_tokens: AllRevokedTokens) -> None:
        return
