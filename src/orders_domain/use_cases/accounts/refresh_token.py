"""Use case: refresh a token, with rotation and reuse detection."""

from __future__ import annotations

from dataclasses import dataclass, field

from orders_domain.errors import InvalidToken, UserNotFound
from orders_domain.model.accounts.auth_token import SessionTokens
from orders_domain.model.accounts.user import User
from orders_domain.ports.accounts.revoked_tokens import RevokedTokens
from orders_domain.ports.accounts.tokens import TokenIssuer, TokenVerifier
from orders_domain.ports.accounts.users import UserRepository
from orders_domain.ports.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    token: str = field(repr=False)


def refresh_token(
    request: RefreshToken,
    *,
    token_verifier: TokenVerifier,
    users: UserRepository,
    revoked_tokens: RevokedTokens,
    token_issuer: TokenIssuer,
    clock: Clock,
    allow_demo: bool = True,
) -> SessionTokens:
    """Return a new token of the same family, and revoke the old one (clause 003-12).

    ``token_verifier`` also accepts refresh tokens, which get a new refresh token, too. The first refresh revokes all
    tokens of its generation. Reuse indicates theft, so the whole token family is revoked.

    Raises:
        InvalidToken: the token is not valid, is revoked or already refreshed, was not issued by a sign-in of this
            service, or its account is missing, disabled, or of the demonstration while ``allow_demo`` is false.
        SignInDisabled: an external identity provider issues the tokens.
        IdentityUnavailable, StoreUnavailable: a dependency is unavailable; the old token may be revoked.
    """
    token_issuer.ensure_enabled()
    now = clock()  # before the account is read, so that a token issued during the end of its sessions is revoked
    auth_token = token_verifier(request.token)
    if auth_token.family is None:
        raise InvalidToken("The token was not issued by a sign-in of this service.")
    user = _active_user(auth_token.actor.subject, users, allow_demo=allow_demo)
    if revoked_tokens.is_revoked(auth_token.numbers_outside_family):
        raise InvalidToken("The token is revoked.")
    if not revoked_tokens.revoke(auth_token.rotation(at=now, ttl=token_issuer.ttl)):
        revoked_tokens.revoke(auth_token.revocations(at=now, ttl=token_issuer.ttl))
        raise InvalidToken("The token was already refreshed or revoked; its family is now revoked.")
    generation = auth_token.generation + 1
    issue = token_issuer.refresh_token if auth_token.is_refresh_token else None
    return SessionTokens(
        access=token_issuer(user, family=auth_token.family, generation=generation, at=now),
        refresh=issue(user, family=auth_token.family, generation=generation, at=now) if issue else None,
    )


def _active_user(user_id: str, users: UserRepository, *, allow_demo: bool) -> User:
    try:
        user = users.get(user_id)
    except UserNotFound as error:
        raise InvalidToken("The token's user has no account.") from error
    if user.disabled:
        raise InvalidToken("The token's user is disabled.")
    if user.demo and not allow_demo:
        raise InvalidToken("The token's user is an account of the demonstration.")
    return user
