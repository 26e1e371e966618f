"""Use case: sign out by revoking a token and its family."""

from dataclasses import dataclass

from orders_domain.model.accounts.auth_token import AuthenticatedToken
from orders_domain.ports.accounts.revoked_tokens import RevokedTokens
from orders_domain.ports.accounts.tokens import TokenIssuer
from orders_domain.ports.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOut:
    token: AuthenticatedToken


def sign_out(request: SignOut, *, revoked_tokens: RevokedTokens, token_issuer: TokenIssuer, clock: Clock) -> None:
    """Revoke the token in every process, also one of an identity provider (clauses 002-24, 003-13).

    Raises:
        StoreUnavailable: the store is unavailable; the token may still be valid.
    """
    revoked_tokens.revoke(request.token.revocations(at=clock(), ttl=token_issuer.ttl))
