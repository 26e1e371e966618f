"""Sign out: end the token shown, and all that came from the same sign-in."""

from dataclasses import dataclass

from orders_domain.model.auth_token import AuthenticatedToken
from orders_domain.ports.clock import Clock
from orders_domain.ports.revoked_tokens import RevokedTokens
from orders_domain.ports.tokens import TokenIssuer


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOut:
    token: AuthenticatedToken


def sign_out(request: SignOut, *, revoked_tokens: RevokedTokens, token_issuer: TokenIssuer, clock: Clock) -> None:
    """Return when the token is dead, for every process (clauses 002-24, 003-13); an identity provider's token, too.

    Raises:
        StoreUnavailable: the store is away; the token may live on.
    """
    revoked_tokens.revoke(request.token.revocations(at=clock(), ttl=token_issuer.ttl))
