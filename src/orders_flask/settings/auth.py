"""Settings of tokens and of signed carts."""

from __future__ import annotations

from dataclasses import dataclass

from orders_flask import production
from orders_flask.settings.validation import InvalidSetting, require_one_of, require_scheme, require_within, setting


@dataclass(frozen=True, kw_only=True)
class AuthSettings:
    """The verification of tokens and carts, and the tokens of ``/auth/login``."""

    jwt_algorithm: str = setting("JWT_ALGORITHM", "", "`HS256`, `RS256`, `ES256` or `EdDSA`; no other is accepted")
    jwt_secret: str = setting(
        "JWT_SECRET",
        "",
        "the secret that signs HS256 tokens, at least 32 bytes; by default a random one in a file",
        secret=True,
    )
    jwt_public_key: str = setting(
        "JWT_PUBLIC_KEY", "", "the PEM public key that verifies tokens, instead of `JWT_SECRET`"
    )
    jwt_jwks_url: str = setting("JWT_JWKS_URL", "", "the JWKS URL of an identity provider, instead of `JWT_SECRET`")
    jwt_issuer: str = setting("JWT_ISSUER", "", "if set, the required `iss` of every token")
    jwt_audience: str = setting("JWT_AUDIENCE", "", "if set, the required `aud` of every token")
    cart_snapshot_secret: str = setting(
        "CART_SNAPSHOT_SECRET",
        "",
        "the secret that signs carts; `new,old` during a rotation; by default a random one in a file",
        secret=True,
    )
    cart_snapshot_seconds: int = setting(
        "CART_SNAPSHOT_SECONDS", 86_400, "the maximum age of a cart that is ordered; 60 to 31536000"
    )
    cart_reorder: str = setting(
        "CART_REORDER", "off", "`on`: the cart of a canceled or deleted order may be ordered again"
    )
    token_ttl_seconds: int = setting("TOKEN_TTL_SECONDS", 3600, "lifetime of a token of `/auth/login`; 60 to 86400")
    token_refresh_grace_seconds: int = setting(
        "TOKEN_REFRESH_GRACE_SECONDS", 0, "how long after its expiry `/auth/refresh` takes a token; up to 604800"
    )
    refresh_token_ttl_seconds: int = setting(
        "REFRESH_TOKEN_TTL_SECONDS",
        2_592_000,
        "lifetime of a refresh token, which `/auth/login` gives to clients that ask for it; 60 to 31536000",
    )

    @property
    def algorithm(self) -> str:
        return self.jwt_algorithm or ("RS256" if self.jwt_public_key or self.jwt_jwks_url else "HS256")

    @property
    def has_own_token_secret(self) -> bool:
        """Whether tokens are verified by a secret or a key that an operator has set."""
        return bool(self.jwt_secret) or self.algorithm != "HS256"

    @property
    def cart_secrets(self) -> tuple[str, ...]:
        """The secrets that verify carts, newest first; empty if none is set."""
        return tuple(secret.strip() for secret in self.cart_snapshot_secret.split(",") if self.cart_snapshot_secret)

    def _check_auth(self) -> None:
        require_one_of("JWT_ALGORITHM", self.jwt_algorithm, "", "HS256", "RS256", "ES256", "EdDSA")
        require_scheme("JWT_JWKS_URL", self.jwt_jwks_url, "https", "http")
        self._check_identity()
        require_within("TOKEN_TTL_SECONDS", self.token_ttl_seconds, 60, 86_400)
        require_within("TOKEN_REFRESH_GRACE_SECONDS", self.token_refresh_grace_seconds, 0, 604_800)
        require_within("REFRESH_TOKEN_TTL_SECONDS", self.refresh_token_ttl_seconds, 60, 31_536_000)
        require_one_of("CART_REORDER", self.cart_reorder, "on", "off")
        require_within("CART_SNAPSHOT_SECONDS", self.cart_snapshot_seconds, 60, 31_536_000)
        if not all(self.cart_secrets):
            raise InvalidSetting("CART_SNAPSHOT_SECRET must not have an empty secret; two are written new,old.")

    def _check_identity(self) -> None:
        if self.jwt_public_key and self.jwt_jwks_url:
            raise InvalidSetting("JWT_PUBLIC_KEY and JWT_JWKS_URL must not both be set.")
        outside = bool(self.jwt_public_key or self.jwt_jwks_url)
        if outside and self.algorithm == "HS256":
            raise InvalidSetting("JWT_ALGORITHM must be the algorithm of the public key; HS256 has none.")
        if not outside and self.algorithm != "HS256":
            raise InvalidSetting(
                f"JWT_PUBLIC_KEY or JWT_JWKS_URL must be set, because JWT_ALGORITHM is {self.algorithm}."
            )
        if outside:
            return
        if self.jwt_secret and len(self.jwt_secret.encode()) < production.MIN_SECRET_LENGTH:
            raise InvalidSetting("JWT_SECRET must have at least 32 bytes; generate one with: openssl rand -hex 32")
        if self.jwt_secret in production.PUBLISHED_SECRETS:
            raise InvalidSetting(
                "JWT_SECRET must not be a secret of the documentation, because everybody knows it; "
                "generate one with: openssl rand -hex 32"
            )
