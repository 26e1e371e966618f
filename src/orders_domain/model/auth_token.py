"""Authenticated token: the actor it identifies, and the keys that revoke it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from orders_domain.model.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatedToken:
    """A verified token: its actor, expiry and revocation keys.

    ``fingerprint`` is a hash unique to this token. ``family`` identifies all tokens issued from one sign-in of this
    service; it is None for other tokens.
    """

    actor: Actor
    expires_at: datetime
    fingerprint: str
    family: str | None = None

    @property
    def revocation_keys(self) -> tuple[str, ...]:
        """The keys under which the token may be stored as revoked."""
        return (self.fingerprint, _family_key(self.family)) if self.family else (self.fingerprint,)

    def revocations(self, *, at: datetime, ttl: timedelta) -> dict[str, datetime]:
        """Return the keys that revoke the token and its family, each with the time until which it must be stored.

        ``ttl`` is the lifetime of a token. The time is ``at + 2 * ttl``, because a token being issued concurrently may
        expire after ``at + ttl``.
        """
        return dict.fromkeys(self.revocation_keys, max(self.expires_at, at + 2 * ttl))


def _family_key(name: str) -> str:
    return hashlib.sha256(f"family {name}".encode()).hexdigest()
