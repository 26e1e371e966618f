"""Refresh tokens: JWTs with a type and a key of their own, so that nothing accepts them as access tokens."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace

import jwt

from orders_domain.errors import InvalidToken
from orders_domain.model.accounts.auth_token import AuthenticatedToken

TYPE = "rt+jwt"  # the header ``typ`` (RFC 8725, 3.11)


def key_of(secret: str) -> str:
    """Return the secret of refresh tokens, derived from that of access tokens, which other services may have."""
    return hmac.new(secret.encode(), b"refresh tokens", hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class RefreshVerifier:
    """Implements the TokenVerifier port for a refresh: of a refresh token, or of an access token within its grace."""

    access: Callable[[str], AuthenticatedToken]
    refresh: Callable[[str], AuthenticatedToken] | None  # None if this service issues none

    def __call__(self, token: str) -> AuthenticatedToken:
        if self.refresh is None or _type_of(token) != TYPE:
            return self.access(token)
        return replace(self.refresh(token), is_refresh_token=True)


def _type_of(token: str) -> object:
    try:
        return jwt.get_unverified_header(token).get("typ")
    except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError) as error:
        raise InvalidToken("The token is malformed.") from error
