"""Know who shows a token."""

from orders_domain.errors import InvalidToken
from orders_domain.model.auth_token import AuthenticatedToken
from orders_domain.ports.revoked_tokens import RevokedTokens
from orders_domain.ports.tokens import TokenVerifier


def authenticate(token: str, *, token_verifier: TokenVerifier, revoked_tokens: RevokedTokens) -> AuthenticatedToken:
    """Return the bearer of a token that is good, and that nobody has ended (clauses 003-10, 003-11, 003-13).

    Raises:
        InvalidToken: for every other token.
        IdentityUnavailable: the keys that tokens are checked with cannot be had.
        StoreUnavailable: nobody can say whether the token was ended.
    """
    auth_token = token_verifier(token)
    if revoked_tokens.is_revoked(auth_token.revocation_keys):
        raise InvalidToken("The token is revoked.")
    return auth_token
