"""Use case: authenticate a bearer token."""

from orders_domain.errors import InvalidToken
from orders_domain.model.accounts.auth_token import AuthenticatedToken
from orders_domain.ports.accounts.revoked_tokens import RevokedTokens
from orders_domain.ports.accounts.tokens import TokenVerifier


def authenticate(token: str, *, token_verifier: TokenVerifier, revoked_tokens: RevokedTokens) -> AuthenticatedToken:
    """Return the verified token if it is not revoked (clauses 003-10, 003-11, 003-13).

    Raises:
        InvalidToken: the token is not valid, or is revoked.
        IdentityUnavailable: the keys that verify tokens cannot be fetched.
        StoreUnavailable: the store is unavailable, so the token may be revoked.
    """
    auth_token = token_verifier(token)
    if revoked_tokens.is_revoked(auth_token.numbers):
        raise InvalidToken("The token is revoked.")
    return auth_token
