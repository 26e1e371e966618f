"""Token verification, and development tokens."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from orders_adapters.security import tokens
from orders_adapters.security.claims import ClaimNames
from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.ports.accounts.tokens import TokenVerifier
from orders_flask.bootstrap.components import Check, as_setting_error, check_health
from orders_flask.bootstrap.local_secrets import token_secret
from orders_flask.settings import Settings

if TYPE_CHECKING:
    from orders_adapters.security.jwks import JwksKeys


def token_verifier(settings: Settings) -> TokenVerifier:
    key_for: tokens.KeyFor
    if settings.jwt_jwks_url:
        key_for = _provider_keys(settings)
    elif settings.jwt_public_key:
        with as_setting_error("JWT_PUBLIC_KEY"):
            key_for = tokens.public_key(settings.jwt_public_key, algorithm=settings.algorithm)
    else:
        key_for = tokens.shared_secret(token_secret(settings))
    return tokens.JwtTokenVerifier(
        key_for,
        algorithm=settings.algorithm,
        issuer=settings.jwt_issuer or None,
        audience=settings.jwt_audience or None,
        accept_demo=settings.allows_demo,
        names=claim_names(settings),
    ).verify


def claim_names(settings: Settings) -> ClaimNames:
    return ClaimNames(subject=settings.jwt_subject_claim, role=settings.jwt_role_claim, scope=settings.jwt_scope_claim)


def identity_provider_checks(settings: Settings) -> Mapping[str, Check]:
    return {"identity": partial(check_health, _provider_keys(settings).ping)} if settings.jwt_jwks_url else {}


def _provider_keys(settings: Settings) -> JwksKeys:
    from orders_adapters.security.jwks import JwksKeys

    with as_setting_error("JWT_JWKS_URL"):
        return JwksKeys(settings.jwt_jwks_url, algorithm=settings.algorithm)


def issue_dev_token(
    settings: Settings, *, subject: str, role: Role, scopes: Sequence[str], seconds: int, demo: bool = False
) -> str:
    """Return a token for development, valid for ``seconds``; with ``demo``, production does not accept it.

    Raises:
        InvalidValue: the subject is invalid.
    """
    Actor(subject=subject)
    claims: dict[str, str | int] = {"iss": settings.jwt_issuer, "aud": settings.jwt_audience, tokens.DEMO: demo}
    now = time.time_ns() // 1_000
    return tokens.encode_token(
        subject=subject,
        secret=token_secret(settings),
        expires_at=now // 1_000_000 + seconds,
        iat=now // 1_000_000,
        role=role,
        scopes=scopes,
        names=claim_names(settings),
        **{tokens.ISSUED_AT: now},
        **{name: value for name, value in claims.items() if value},
    )
