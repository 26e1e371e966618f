"""User accounts, with the validation of e-mail addresses and passwords."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from orders_domain.errors import InvalidValue
from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.accounts.contact import ensure_language
from orders_domain.model.values.json_values import text_error

MAX_EMAIL_LENGTH = 254  # characters (RFC 5321)
MAX_SCOPES_LENGTH = 1_000  # characters, all scopes together
MIN_PASSWORD_LENGTH = 8  # characters
MAX_PASSWORD_LENGTH = 1_024
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


def validate_email(email: str) -> None:
    """Check that an e-mail address has the form in which it is stored: in lower case and NFC, without outer space.

    Raises:
        InvalidValue: the text is not such an address, or has more than 254 characters.
    """
    if error := text_error(email):
        raise InvalidValue(f"The e-mail address {error}.", field="email")
    if len(email) > MAX_EMAIL_LENGTH or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise InvalidValue(
            f"An e-mail address must be like ann@example.com, with at most {MAX_EMAIL_LENGTH} characters.",
            field="email",
        )
    if email != email.lower() or not unicodedata.is_normalized("NFC", email):
        raise InvalidValue("A stored e-mail address must be in lower case and in the form NFC.", field="email")


def validate_password(password: str) -> None:
    """Check the length and the characters of a new password.

    Raises:
        InvalidValue: the password is too short, too long, or contains a NUL or half of a surrogate pair.
    """
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise InvalidValue(
            f"A password must have {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH:,} characters.", field="password"
        )
    if error := text_error(password):
        raise InvalidValue(f"The password {error}.", field="password")


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account: the claims of its tokens, and the hash of its password.

    Raises:
        InvalidValue: the id, the e-mail address, the scopes, the language or the role is not allowed.
    """

    id: str
    email: str
    password_hash: str
    created_at: datetime
    role: Role = Role.CUSTOMER
    scopes: frozenset[str] = frozenset()
    disabled_at: datetime | None = None
    demo: bool = False  # of a demonstration, so that its password may be known
    language: str | None = None  # of letters, such as de or de-AT

    def __post_init__(self) -> None:
        Actor(subject=self.id)
        validate_email(self.email)
        for scope in self.scopes:
            if not scope.isascii() or not scope.isprintable() or not scope or " " in scope:
                raise InvalidValue(
                    f"{scope!r} is not a valid scope: it must be printable ASCII without spaces, like orders:write.",
                    field="scopes",
                )
        if len(" ".join(self.scopes)) > MAX_SCOPES_LENGTH:
            raise InvalidValue(
                f"All scopes together must have at most {MAX_SCOPES_LENGTH:,} characters.", field="scopes"
            )
        ensure_language(self.language)
        if self.role is Role.SYSTEM:
            raise InvalidValue("An account must not have the role system.", field="role")

    @property
    def disabled(self) -> bool:
        return self.disabled_at is not None

    @property
    def administers(self) -> bool:
        """Whether it is the account of an administrator who can sign in outside a demonstration."""
        return self.role is Role.ADMIN and not self.disabled and not self.demo
