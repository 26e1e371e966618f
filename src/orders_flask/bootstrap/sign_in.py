"""Auth component: password hashing, token issuing, token revocation and rate limiting."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from orders_adapters.composite.cached_revoked_tokens import CachedRevokedTokens
from orders_adapters.memory import rate_limiter as memory_attempts
from orders_adapters.memory import revoked_tokens as memory_denylist
from orders_adapters.security import tokens
from orders_adapters.security.password_hasher import Argon2PasswordHasher
from orders_domain.errors import SignInDisabled
from orders_domain.model.accounts.auth_token import microseconds
from orders_domain.model.accounts.user import User
from orders_domain.ports.accounts.tokens import TokenIssuer
from orders_domain.ports.clock import Clock
from orders_flask.bootstrap.components import AuthComponent, CacheComponent, PersistenceComponent, as_setting_error
from orders_flask.bootstrap.local_secrets import token_secret
from orders_flask.settings import Settings


def sign_in(settings: Settings, store: PersistenceComponent, cache: CacheComponent, *, clock: Clock) -> AuthComponent:
    local_limiter = memory_attempts.InMemoryRateLimiter(clock=clock)
    if identity := cache.identity:
        from orders_adapters.redis.rate_limiter import RedisRateLimiter
        from orders_adapters.redis.revoked_token_cache import RedisRevokedTokenCache

        with as_setting_error("REDIS_URL"):
            copy = RedisRevokedTokenCache(
                settings.redis_url,
                prefix=settings.redis_prefix,
                identity=identity.refresh,
                prefetch=cache.prefetch,
            )
            attempts = RedisRateLimiter(
                settings.redis_url, prefix=settings.redis_prefix, identity=identity.get, fallback=local_limiter
            )

        def close() -> None:
            copy.close()
            attempts.close()

        return AuthComponent(
            revoked_tokens=CachedRevokedTokens(store.revoked_tokens, copy),
            rate_limiter=attempts,
            password_hasher=Argon2PasswordHasher(),
            token_issuer=JwtTokenIssuer(settings),
            warning=copy.advice,
            close=close,
        )
    single_process = settings.cache == "memory"
    marker = Path("orders.db.revocations").resolve() if settings.uses_default_database else None
    return AuthComponent(
        revoked_tokens=CachedRevokedTokens(
            store.revoked_tokens,
            memory_denylist.InMemoryRevokedTokenCache(marker)
            if single_process
            else memory_denylist.NullRevokedTokenCache(),
        ),
        rate_limiter=local_limiter,
        password_hasher=Argon2PasswordHasher(),
        token_issuer=JwtTokenIssuer(settings),
    )


class JwtTokenIssuer(TokenIssuer):
    """Issues HS256 tokens with the secret, issuer, audience and lifetime of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._secret = token_secret(settings) if settings.algorithm == "HS256" else ""

    @property
    def ttl(self) -> timedelta:
        return timedelta(seconds=self._settings.token_ttl_seconds)

    def ensure_enabled(self) -> None:
        if self._settings.algorithm != "HS256":
            raise SignInDisabled

    def __call__(self, user: User, *, family: str, at: datetime, generation: int = 0) -> str:
        self.ensure_enabled()
        issued = int(at.timestamp())
        claims: dict[str, str | int] = {
            "iss": self._settings.jwt_issuer,
            "aud": self._settings.jwt_audience,
            tokens.DEMO: user.demo,
        }
        return tokens.encode_token(
            subject=user.id,
            secret=self._secret,
            expires_at=issued + self._settings.token_ttl_seconds,
            role=user.role,
            scopes=sorted(user.scopes),
            iat=issued,
            jti=uuid4().hex,
            **{tokens.GENERATION: generation, tokens.ISSUED_AT: microseconds(at)},
            **{tokens.FAMILY: family},
            **{name: value for name, value in claims.items() if value},
        )
