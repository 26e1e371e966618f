"""Auth component: tokens and their revocation, passwords, rate limits and cart signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orders_adapters.composite.cached_revoked_tokens import CachedRevokedTokens, directly
from orders_adapters.memory.rate_limiter import InMemoryRateLimiter
from orders_adapters.memory.revoked_tokens import InMemoryRevokedTokenCache, NullRevokedTokenCache
from orders_adapters.security import refresh_tokens, tokens
from orders_adapters.security.cart_signatures import HmacCartVerifier
from orders_adapters.security.claims import ClaimNames
from orders_adapters.security.password_hasher import Argon2PasswordHasher
from orders_adapters.security.refresh_tokens import RefreshVerifier
from orders_adapters.security.token_issuer import JwtTokenIssuer
from orders_adapters.system import clock as system_clock
from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.ports.accounts.tokens import TokenVerifier
from orders_domain.ports.cart_signatures import CartSignatureVerifier
from orders_domain.ports.clock import Clock
from orders_domain.use_cases import CartPolicy
from orders_flask.bootstrap.components import (
    AuthComponent,
    CacheComponent,
    Check,
    PersistenceComponent,
    as_setting_error,
    check_health,
)
from orders_flask.bootstrap.local_secrets import cart_secrets, token_secret
from orders_flask.settings import Settings

if TYPE_CHECKING:
    from orders_adapters.redis.database_identity import DatabaseIdentity
    from orders_adapters.security.jwks import JwksKeys


def sign_in(settings: Settings, store: PersistenceComponent, cache: CacheComponent, *, clock: Clock) -> AuthComponent:
    if identity := cache.identity:
        return _shared_sign_in(settings, store, cache, identity, clock=clock)
    marker = Path("orders.db.revocations").resolve() if settings.uses_default_database else None
    copy = InMemoryRevokedTokenCache(marker) if settings.cache == "memory" else NullRevokedTokenCache()
    return AuthComponent(
        revoked_tokens=CachedRevokedTokens(store.revoked_tokens, copy, start=directly),
        rate_limiter=InMemoryRateLimiter(clock=clock),
        password_hasher=Argon2PasswordHasher(),
        token_issuer=_token_issuer(settings),
    )


def _shared_sign_in(
    settings: Settings,
    store: PersistenceComponent,
    cache: CacheComponent,
    identity: DatabaseIdentity,
    *,
    clock: Clock,
) -> AuthComponent:
    """Return the component whose revoked tokens and rate limits are shared by all processes."""
    from orders_adapters.redis.rate_limiter import RedisRateLimiter
    from orders_adapters.redis.revoked_token_cache import RedisRevokedTokenCache

    url, prefix = settings.redis_url, settings.redis_prefix
    with as_setting_error("REDIS_URL"):
        copy = RedisRevokedTokenCache(
            url, prefix=prefix, identity=identity.refresh, prefetch=cache.prefetch, lease=cache.lease
        )
        limiter = RedisRateLimiter(url, prefix=prefix, identity=identity.get, fallback=InMemoryRateLimiter(clock=clock))

    revoked_tokens = CachedRevokedTokens(store.revoked_tokens, copy)

    def close() -> None:
        revoked_tokens.close()
        copy.close()
        limiter.close()

    return AuthComponent(
        revoked_tokens=revoked_tokens,
        rate_limiter=limiter,
        password_hasher=Argon2PasswordHasher(),
        token_issuer=_token_issuer(settings),
        warning=copy.advice,
        close=close,
    )


def token_verifier(settings: Settings) -> TokenVerifier:
    return _verifier(settings, _key_for(settings)).verify


def refresh_verifier(settings: Settings) -> TokenVerifier:
    """Return the verifier of the tokens that ``/auth/refresh`` exchanges."""
    access = partial(_verifier(settings, _key_for(settings)).verify, grace=settings.token_refresh_grace_seconds)
    if settings.algorithm != "HS256":
        return RefreshVerifier(access, None)
    key_for = tokens.shared_secret(refresh_tokens.key_of(token_secret(settings)))
    types = frozenset({refresh_tokens.TYPE})
    return RefreshVerifier(access, _verifier(settings, key_for, types=types).verify)


def _key_for(settings: Settings) -> tokens.KeyFor:
    key_for: tokens.KeyFor
    if settings.jwt_jwks_url:
        key_for = _provider_keys(settings)
    elif settings.jwt_public_key:
        with as_setting_error("JWT_PUBLIC_KEY"):
            key_for = tokens.public_key(settings.jwt_public_key, algorithm=settings.algorithm)
    else:
        key_for = tokens.shared_secret(token_secret(settings))
    return key_for


def _verifier(
    settings: Settings, key_for: tokens.KeyFor, *, types: frozenset[str] = tokens.ACCESS_TYPES
) -> tokens.JwtTokenVerifier:
    return tokens.JwtTokenVerifier(
        key_for,
        algorithm=settings.algorithm,
        issuer=settings.jwt_issuer or None,
        audience=settings.jwt_audience or None,
        accept_demo=settings.allows_demo,
        types=types,
        names=claim_names(settings),
    )


def claim_names(settings: Settings) -> ClaimNames:
    return ClaimNames(
        subject=settings.jwt_subject_claim,
        role=settings.jwt_role_claim,
        scope=settings.jwt_scope_claim,
        email=settings.jwt_email_claim,
        phone=settings.jwt_phone_claim,
        locale=settings.jwt_locale_claim,
    )


def identity_provider_checks(settings: Settings) -> Mapping[str, Check]:
    return {"identity": partial(check_health, _provider_keys(settings).ping)} if settings.jwt_jwks_url else {}


def _provider_keys(settings: Settings) -> JwksKeys:
    from orders_adapters.security.jwks import JwksKeys

    with as_setting_error("JWT_JWKS_URL"):
        return JwksKeys(settings.jwt_jwks_url, algorithm=settings.algorithm)


def _token_issuer(settings: Settings) -> JwtTokenIssuer:
    """Return the issuer of ``/auth/login``; it is disabled if an identity provider issues the tokens."""
    secret = token_secret(settings) if settings.algorithm == "HS256" else None
    return _issuer(settings, secret, seconds=settings.token_ttl_seconds)


def _issuer(settings: Settings, secret: str | None, *, seconds: int) -> JwtTokenIssuer:
    return JwtTokenIssuer(
        secret,
        ttl=timedelta(seconds=seconds),
        grace=timedelta(seconds=settings.token_refresh_grace_seconds),
        refresh_ttl=timedelta(seconds=settings.refresh_token_ttl_seconds),
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        names=claim_names(settings),
    )


def issue_dev_token(
    settings: Settings,
    *,
    subject: str,
    role: Role,
    scopes: Sequence[str],
    seconds: int,
    demo: bool = False,
    family: str | None = None,
) -> str:
    """Return a token for development, valid for ``seconds``; with ``demo``, production does not accept it.

    A token with a ``family`` can be refreshed, as one of a sign-in.

    Raises:
        InvalidValue: the subject is invalid.
    """
    Actor(subject=subject)
    issuer = _issuer(settings, token_secret(settings), seconds=seconds)
    claims: dict[str, str | int] = {tokens.FAMILY: family, tokens.GENERATION: 0} if family else {}
    return issuer.sign(subject, role=role, scopes=scopes, at=system_clock.now(), demo=demo, claims=claims)


def signatures(settings: Settings) -> CartSignatureVerifier:
    return HmacCartVerifier(cart_secrets(settings))


def cart_policy(settings: Settings) -> CartPolicy:
    return CartPolicy(max_age=timedelta(seconds=settings.cart_snapshot_seconds), reorder=settings.cart_reorder == "on")
