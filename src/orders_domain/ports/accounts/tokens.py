"""Token verifier and token issuer ports."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from orders_domain.model.accounts.auth_token import AuthenticatedToken
from orders_domain.model.accounts.user import User

TokenVerifier: TypeAlias = Callable[[str], AuthenticatedToken]
"""Verify the signature, issuer, validity period and claims of a token. Revocation is not checked.

Raises:
    InvalidToken: the token is not valid; the message is for the log.
    IdentityUnavailable: the keys cannot be fetched now.
"""


class TokenIssuer(Protocol):
    """Issues tokens for users."""

    @property
    def ttl(self) -> timedelta:
        """How long a token of a sign-in may get new tokens, at most; revocations are stored for longer."""
        ...

    def ensure_enabled(self) -> None:
        """Check that this service issues tokens.

        Raises:
            SignInDisabled: an external identity provider issues the tokens.
        """
        ...

    def refresh_token(self, user: User, *, family: str, at: datetime, generation: int = 0) -> str:
        """Return a unique token that only gets new tokens (see ``__call__``)."""
        ...

    def __call__(self, user: User, *, family: str, at: datetime, generation: int = 0) -> str:
        """Return a unique token of the family of one sign-in, refreshed ``generation`` times.

        Raises:
            SignInDisabled: see ``ensure_enabled``.
        """
        ...
