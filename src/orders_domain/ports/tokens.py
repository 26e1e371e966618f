"""Who the bearer of a token is, and tokens of our own."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from orders_domain.model.auth_token import AuthenticatedToken
from orders_domain.model.user import User

TokenVerifier: TypeAlias = Callable[[str], AuthenticatedToken]
"""The bearer of a token that is whole, ours, in force and complete; whether it was ended is not asked here.

Raises:
    InvalidToken: for every other token; the sentence is for the log.
    IdentityUnavailable: the keys cannot be had now.
"""


class TokenIssuer(Protocol):
    """A new token for a user."""

    @property
    def ttl(self) -> timedelta:
        """How long a token lives."""
        ...

    def ensure_enabled(self) -> None:
        """Return if we make tokens.

        Raises:
            SignInDisabled: an identity provider signs the tokens that we believe.
        """
        ...

    def __call__(self, user: User, *, family: str, at: datetime) -> str:
        """Return a token unlike any other, of the family that came from one sign-in.

        Raises:
            SignInDisabled: see ``require``.
        """
        ...
