"""Tokens that are dead before they expire (clauses 002-24, 003-13)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol


class RevokedTokens(Protocol):
    """The marks of dead tokens. Once ``deny`` has returned, every process is told so by ``denied``."""

    def revoke(self, keys: Mapping[str, datetime]) -> frozenset[str]:
        """Deny all of the marks, each until its moment; return those that were not denied before.

        Of many who deny the same mark at once, exactly one is told that it was new.

        Raises:
            StoreUnavailable: the store is away; nothing is denied, or it is unknown whether it is.
        """
        ...

    def is_revoked(self, keys: Sequence[str]) -> bool:
        """Say whether any of the marks is denied; one whose moment has passed may be forgotten.

        Raises:
            StoreUnavailable: nobody knows. It is never taken for a no.
        """
        ...

    def prune(self, *, expired_before: datetime, limit: int = 1_000) -> int:
        """Forget at most ``limit`` marks whose moment was before; return how many.

        Raises:
            StoreUnavailable: the store is away.
        """
        ...


class AllRevokedTokens(RevokedTokens, Protocol):
    """The denylist that is the truth, for those who keep a copy of it."""

    def all(self, *, limit: int) -> Mapping[str, datetime] | None:
        """Return every mark and its moment, or None if there are more than ``most``.

        Raises:
            StoreUnavailable: the store is away.
        """
        ...


class RevokedTokenCache(Protocol):
    """A copy of the denylist at hand. It never fails a caller: broken, it knows nothing, and costs its short time-out.

    It may forget anything at any time, and notices that it did.
    """

    def lookup(self, keys: Sequence[str]) -> bool | None:
        """Say whether any of the marks is denied; None where the copy is not known to be complete."""
        ...

    def add(self, keys: Mapping[str, datetime]) -> None:
        """Add marks that have just been denied."""
        ...

    def refresh(self, revoked_tokens: AllRevokedTokens) -> None:
        """Copy the denylist, unless that cannot be done now.

        Raises:
            StoreUnavailable: the denylist is away.
        """
        ...
