"""Revoked tokens with a cache that is read first if it is complete."""

from collections.abc import Mapping
from datetime import datetime

from orders_domain.model.accounts.auth_token import Revocation
from orders_domain.ports.accounts.revoked_tokens import AllRevokedTokens, RevokedTokenCache, RevokedTokens


class CachedRevokedTokens(RevokedTokens):
    """The store is authoritative: it is written first, and it is read if the cache does not have the answer."""

    def __init__(self, store: AllRevokedTokens, cache: RevokedTokenCache) -> None:
        self._store = store
        self._cache = cache

    def revoke(self, revocations: Mapping[str, Revocation]) -> frozenset[str]:
        raised = self._store.revoke(revocations)
        self._cache.add(revocations)
        return raised

    def is_revoked(self, numbers: Mapping[str, int]) -> bool:
        cached = self._cache.lookup(numbers)
        if cached is not None:
            return cached
        revoked = self._store.is_revoked(numbers)
        self._cache.refresh(self._store)
        return revoked

    def prune(self, *, expired_before: datetime, limit: int = 1_000) -> int:
        return self._store.prune(expired_before=expired_before, limit=limit)
