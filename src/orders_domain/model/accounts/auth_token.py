"""Authenticated token: the actor it identifies, and the revocations that apply to it.

A token has a number for each key under which it may be revoked. A revocation of a key stores the number from which on
tokens are valid, and so one row revokes any number of earlier tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from orders_domain.model.accounts.actor import Actor

ALWAYS = 2**53 - 1
"""Greater than every number of a token, so that no token is valid; the largest integer that Lua represents exactly."""
MAX_TOKEN_LIFETIME = timedelta(days=366)
"""How long the end of all sessions of a subject is stored. A token that is valid for longer may outlive it."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Revocation:
    """Revokes the tokens whose number for a key is less than ``valid_from``; it is stored until ``until``."""

    valid_from: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatedToken:
    """A verified token: its actor, its expiry, and what identifies it and its sign-in.

    ``fingerprint`` is a hash unique to this token. ``family`` identifies all tokens issued from one sign-in of this
    service, and ``generation`` counts their refreshes; ``family`` is None for other tokens. ``issued_at`` is in
    microseconds since 1970, and 0 if the token does not state it.
    """

    actor: Actor
    expires_at: datetime
    fingerprint: str
    family: str | None = None
    generation: int = 0
    issued_at: int = 0
    is_refresh_token: bool = False  # it gets new tokens, and identifies no request

    @property
    def numbers(self) -> Mapping[str, int]:
        """The number of the token for each key under which it may be revoked."""
        return self.numbers_outside_family | ({_family_key(self.family): self.generation} if self.family else {})

    @property
    def numbers_outside_family(self) -> dict[str, int]:
        return {self.fingerprint: 0} | dict.fromkeys((subject_key(self.actor.subject), EVERY_TOKEN), self.issued_at)

    def revocations(self, *, at: datetime, ttl: timedelta) -> Mapping[str, Revocation]:
        """Return the revocation of the token and its family.

        ``ttl`` is the lifetime of a token. It is stored until ``at + 2 * ttl``, because a token being issued
        concurrently may expire after ``at + ttl``.
        """
        key = _family_key(self.family) if self.family else self.fingerprint
        return {key: Revocation(ALWAYS, max(self.expires_at, at + 2 * ttl))}

    def rotation(self, *, at: datetime, ttl: timedelta) -> Mapping[str, Revocation]:
        """Return the revocation of this generation of the family and all before it; see ``revocations``."""
        until = max(self.expires_at, at + 2 * ttl)
        return {_family_key(self.family): Revocation(self.generation + 1, until)} if self.family else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTokens:
    """The tokens of a sign-in: one for requests, and one that only gets new ones, if the client asked for it."""

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)


def issued_before(at: datetime) -> Revocation:
    """Return the revocation of tokens issued before the time, for the key of a subject or ``EVERY_TOKEN``."""
    return Revocation(microseconds(at), at + MAX_TOKEN_LIFETIME)


def microseconds(at: datetime) -> int:
    """Return the time in microseconds since 1970, exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def subject_key(subject: str) -> str:
    return _hash(f"subject {subject}")


def _family_key(name: str) -> str:
    return _hash(f"family {name}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


EVERY_TOKEN = _hash("every token")
"""The key of a revocation that applies to the tokens of all subjects."""
