"""Somebody who can sign in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from orders_domain.errors import InvalidValue
from orders_domain.model.actor import Actor, Role
from orders_domain.model.json_values import text_error

MAX_EMAIL_LENGTH = 254  # characters: what a mail server takes (RFC 5321)
MAX_SCOPES_LENGTH = 1_000  # characters, all together
MIN_PASSWORD_LENGTH = 8  # characters
MAX_PASSWORD_LENGTH = 1_024
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


def normalize_email(text: str) -> str:
    """Return an e-mail address as we compare it: in lower case, without space around it.

    Raises:
        Refused: it is none.
    """
    email = text.strip().lower()
    if flaw := text_error(email):
        raise InvalidValue(f"The e-mail address {flaw}.", field="email")
    if len(email) > MAX_EMAIL_LENGTH or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise InvalidValue(
            f"An e-mail address is like ann@example.com, of at most {MAX_EMAIL_LENGTH} characters.", field="email"
        )
    return email


def validate_password(password: str) -> None:
    """Return if somebody may have this password.

    Raises:
        Refused: it is too short, too long, or cannot be sent.
    """
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise InvalidValue(
            f"A password has {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH:,} characters.", field="password"
        )
    if flaw := text_error(password):
        raise InvalidValue(f"The password {flaw}.", field="password")


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
        if self.email != normalize_email(self.email):
            raise InvalidValue("An account's e-mail address is in lower case.", field="email")
        for scope in self.scopes:
            if not scope.isascii() or not scope.isprintable() or not scope or " " in scope:
                raise InvalidValue(f"{scope!r} is no scope; a scope is like orders:write.", field="scope")
        if len(" ".join(self.scopes)) > MAX_SCOPES_LENGTH:
            raise InvalidValue(f"All scopes together have at most {MAX_SCOPES_LENGTH:,} characters.", field="scope")
        if self.role is Role.SYSTEM:
            raise InvalidValue("Nobody signs in as the system.", field="role")

    @property
    def disabled(self) -> bool:
        return self.disabled_at is not None
