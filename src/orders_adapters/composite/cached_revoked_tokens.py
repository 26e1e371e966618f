"""A denylist that asks its copy first, where that is known to be complete."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from orders_domain.ports.revoked_tokens import AllRevokedTokens, RevokedTokenCache, RevokedTokens


class CachedRevokedTokens(RevokedTokens):
    """The store's is the truth: what is denied is there first, and it decides where the copy does not know."""

    def __init__(self, truth: AllRevokedTokens, cache: RevokedTokenCache) -> None:
        self._truth = truth
        self._cache = cache

    def revoke(self, keys: Mapping[str, datetime]) -> frozenset[str]:
        new = self._truth.revoke(keys)
        self._cache.add(keys)
        return new

    def is_revoked(self, keys: Sequence[str]) -> bool:
        known = self._cache.lookup(keys)
        if known is not None:
            return known
        answer = self._truth.is_revoked(keys)
        self._cache.refresh(self._truth)
        return answer

    def prune(self, *, expired_before: datetime, limit: int = 1_000) -> int:
        return self._truth.prune(expired_before=expired_before, limit=limit)
