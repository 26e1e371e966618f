"""Token revocation ports: tokens revoked before they expire (clauses 002-24, 003-13), as ``auth_token`` explains."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from orders_domain.model.accounts.auth_token import Revocation


class RevokedTokens(Protocol):
    """The revocations by key. Once ``revoke`` has returned, ``is_revoked`` returns True in every process."""

    def revoke(self, revocations: Mapping[str, Revocation]) -> frozenset[str]:
        """Store all revocations; return the keys whose number was raised, because a number is never lowered.

        If several callers raise a key to the same number concurrently, exactly one of them gets it returned.

        Raises:
            StoreUnavailable: the store is unavailable; the keys may be revoked.
        """
        ...

    def is_revoked(self, numbers: Mapping[str, int]) -> bool:
        """Return whether a token with these numbers by key is revoked; expired revocations may be missing.

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

    def all(self, *, limit: int) -> Mapping[str, int] | None:
        """Return every key and the number from which on tokens are valid, or None if there are more than ``limit``.

        Raises:
            StoreUnavailable: the store is unavailable.
        """
        ...


class RevokedTokenCache(Protocol):
    """A cache of revoked tokens. It never raises: if it is unavailable, it answers "unknown" after a short timeout.

    It may lose entries at any time, and detects that it did.
    """

    def lookup(self, numbers: Mapping[str, int]) -> bool | None:
        """Return whether a token with these numbers is revoked, or None if the cache may be incomplete."""
        ...

    def add(self, revocations: Mapping[str, Revocation]) -> None:
        """Add revocations that have just been stored."""
        ...

    def refresh(self, revoked_tokens: AllRevokedTokens) -> None:
        """Fill the cache from the store, if it is available and no other caller is filling it; do not wait for them.

        Raises:
            StoreUnavailable: the store is unavailable.
        """
        ...
