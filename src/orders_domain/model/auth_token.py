"""Whoever shows a token, and what their token can be ended by."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from orders_domain.model.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatedToken:
    """A token that was verified: whom it speaks for, until when, and its marks.

    ``mark`` is a hash that this token alone has. ``family`` names all tokens that came from one sign-in of ours; it is
    None where the token did not.
    """

    actor: Actor
    expires_at: datetime
    fingerprint: str
    family: str | None = None

    @property
    def revocation_keys(self) -> tuple[str, ...]:
        """What the denylist may have of the token."""
        return (self.fingerprint, _family_key(self.family)) if self.family else (self.fingerprint,)

    def revocations(self, *, at: datetime, ttl: timedelta) -> dict[str, datetime]:
        """Return what ends the token and its family: marks, each until no token has it any more.

        ``life`` is that of a token. One that is being made at this moment lives a little longer than ``at + life``.
        """
        return dict.fromkeys(self.revocation_keys, max(self.expires_at, at + 2 * ttl))


def _family_key(name: str) -> str:
    return hashlib.sha256(f"family {name}".encode()).hexdigest()
