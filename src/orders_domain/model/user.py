"""Somebody who can sign in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from orders_domain.errors import Refused
from orders_domain.model.actor import Actor, Role
from orders_domain.model.json_values import flaw_in_text

LONGEST_EMAIL = 254  # characters: what a mail server takes (RFC 5321)
LONGEST_SCOPES = 1_000  # characters, all together
SHORTEST_PASSWORD = 8  # characters
LONGEST_PASSWORD = 1_024
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


def email_of(text: str) -> str:
    """Return an e-mail address as we compare it: in lower case, without space around it.

    Raises:
        Refused: it is none.
    """
    email = text.strip().lower()
    if flaw := flaw_in_text(email):
        raise Refused(f"The e-mail address {flaw}.", field="email")
    if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise Refused(
            f"An e-mail address is like ann@example.com, of at most {LONGEST_EMAIL} characters.", field="email"
        )
    return email


def require_password(password: str) -> None:
    """Return if somebody may have this password.

    Raises:
        Refused: it is too short, too long, or cannot be sent.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refused(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD:,} characters.", field="password")
    if flaw := flaw_in_text(password):
        raise Refused(f"The password {flaw}.", field="password")


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account: what its tokens say, and the hash of its password.

    Raises:
        Refused: the id, the e-mail address or the scopes cannot be.
    """

    id: str
    email: str
    password_hash: str
    created_at: datetime
    role: Role = Role.CUSTOMER
    scopes: frozenset[str] = frozenset()
    disabled_at: datetime | None = None

    def __post_init__(self) -> None:
        Actor(subject=self.id)
        if self.email != email_of(self.email):
            raise Refused("An account's e-mail address is in lower case.", field="email")
        for scope in self.scopes:
            if not scope.isascii() or not scope.isprintable() or not scope or " " in scope:
                raise Refused(f"{scope!r} is no scope; a scope is like orders:write.", field="scope")
        if len(" ".join(self.scopes)) > LONGEST_SCOPES:
            raise Refused(f"All scopes together have at most {LONGEST_SCOPES:,} characters.", field="scope")
        if self.role is Role.SYSTEM:
            raise Refused("Nobody signs in as the system.", field="role")

    @property
    def disabled(self) -> bool:
        return self.disabled_at is not None
