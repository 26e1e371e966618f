"""Token revocation ports: tokens revoked before they expire (clauses 002-24, 003-13)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol


class RevokedTokens(Protocol):
    """The keys of revoked tokens. Once ``revoke`` has returned, ``is_revoked`` returns True in every process."""

    def revoke(self, keys: Mapping[str, datetime]) -> frozenset[str]:
        """Revoke all keys, each until its time; return those that were not revoked before.

        If several callers revoke the same key concurrently, exactly one of them gets it returned.

        Raises:
            StoreUnavailable: the store is unavailable; the keys may be revoked.
        """
        ...

    def is_revoked(self, keys: Sequence[str]) -> bool:
        """Return whether any of the keys is revoked; expired keys may be missing.

        Raises:
            StoreUnavailable: the answer is unknown; callers must not treat it as False.
        """
        ...

    def prune(self, *, expired_before: datetime, limit: int = 1_000) -> int:
        """Delete at most ``limit`` keys that expired before the time; return their number.

        Raises:
            StoreUnavailable: the store is unavailable.
        """
        ...


class AllRevokedTokens(RevokedTokens, Protocol):
    """The authoritative store of revoked tokens, from which caches are filled."""

    def all(self, *, limit: int) -> Mapping[str, datetime] | None:
        """Return every key and its expiry, or None if there are more than ``limit``.

        Raises:
            StoreUnavailable: the store is unavailable.
        """
        ...


class RevokedTokenCache(Protocol):
    """A cache of revoked tokens. It never raises: if it is unavailable, it answers "unknown" after a short timeout.

    It may lose entries at any time, and detects that it did.
    """

    def lookup(self, keys: Sequence[str]) -> bool | None:
        """Return whether any of the keys is revoked, or None if the cache may be incomplete."""
        ...

    def add(self, keys: Mapping[str, datetime]) -> None:
        """Add keys that have just been revoked."""
        ...

    def refresh(self, revoked_tokens: AllRevokedTokens) -> None:
        """Fill the cache from the store, if the cache is available.

        Raises:
            StoreUnavailable: the store is unavailable.
        """
        ...
