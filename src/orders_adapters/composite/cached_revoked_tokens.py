"""Revoked tokens with a cache that is read first if it is complete."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TypeAlias

from orders_domain.errors import StoreUnavailable
from orders_domain.model.accounts.auth_token import Revocation
from orders_domain.ports.accounts.revoked_tokens import AllRevokedTokens, RevokedTokenCache, RevokedTokens

CLOSE_SECONDS = 10.0  # more than the time limits of the store and the cache

Start: TypeAlias = Callable[[Callable[[], None]], None]


def in_background(call: Callable[[], None]) -> None:
    """Call it in a thread of its own, which ends with the process."""
    threading.Thread(target=call, name="revoked tokens", daemon=True).start()


def directly(call: Callable[[], None]) -> None:
    call()


class CachedRevokedTokens(RevokedTokens):
    """The store is authoritative: it is written first, and it is read if the cache does not have the answer.

    Meanwhile the cache is filled in the background, because to read 100,000 revocations takes seconds that no request
    should wait for. ``start`` starts that.
    """

    def __init__(self, store: AllRevokedTokens, cache: RevokedTokenCache, *, start: Start = in_background) -> None:
        self._store = store
        self._cache = cache
        self._start = start
        self._filling = threading.Lock()

    def revoke(self, revocations: Mapping[str, Revocation]) -> frozenset[str]:
        raised = self._store.revoke(revocations)
        self._cache.add(revocations)
        return raised

    def is_revoked(self, numbers: Mapping[str, int]) -> bool:
        cached = self._cache.lookup(numbers)
        if cached is not None:
            return cached
        revoked = self._store.is_revoked(numbers)
        if self._filling.acquire(blocking=False):
            self._start(self._fill)
        return revoked

    def prune(self, *, expired_before: datetime, limit: int = 1_000) -> int:
        return self._store.prune(expired_before=expired_before, limit=limit)

    def close(self) -> None:
        """Wait until the cache is filled, if it is being filled."""
        if self._filling.acquire(timeout=CLOSE_SECONDS):
            self._filling.release()

    def _fill(self) -> None:
        try:
            with suppress(StoreUnavailable):  # the next request without an answer fills it
                self._cache.refresh(self._store)
        finally:
            self._filling.release()
