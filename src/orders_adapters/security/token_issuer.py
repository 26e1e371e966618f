"""Issuer of HS256 tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import uuid4

from orders_adapters.security import tokens
from orders_domain.errors import SignInDisabled
from orders_domain.model.accounts.actor import Role
from orders_domain.model.accounts.auth_token import microseconds
from orders_domain.model.accounts.user import User
from orders_domain.ports.accounts.tokens import TokenIssuer


class JwtTokenIssuer(TokenIssuer):
    """Issues tokens that are signed with a shared secret, or none if there is no secret.

    ``issuer`` and ``audience`` become the claims ``iss`` and ``aud`` unless they are empty.
    """

    def __init__(self, secret: str | None, *, ttl: timedelta, issuer: str, audience: str) -> None:
        self._secret = secret
        self._ttl = ttl
        self._issuer = issuer
        self._audience = audience

    @property
    def ttl(self) -> timedelta:
        return self._ttl

    def ensure_enabled(self) -> None:
        if self._secret is None:
            raise SignInDisabled

    def __call__(self, user: User, *, family: str, at: datetime, generation: int = 0) -> str:
        claims: dict[str, str | int] = {"jti": uuid4().hex, tokens.FAMILY: family, tokens.GENERATION: generation}
        return self.sign(user.id, role=user.role, scopes=sorted(user.scopes), at=at, demo=user.demo, claims=claims)

    def sign(
        self,
        subject: str,
        *,
        role: Role,
        scopes: Sequence[str],
        at: datetime,
        demo: bool,
        claims: Mapping[str, str | int] = MappingProxyType({}),
    ) -> str:
        """Return a token for any subject, with ``claims`` beside those of every token.

        Raises:
            SignInDisabled: see ``ensure_enabled``.
        """
        if self._secret is None:
            raise SignInDisabled
        issued = int(at.timestamp())
        optional: dict[str, str | int] = {"iss": self._issuer, "aud": self._audience, tokens.DEMO: demo}
        return tokens.encode_token(
            subject=subject,
            secret=self._secret,
            expires_at=issued + int(self._ttl.total_seconds()),
            role=role,
            scopes=scopes,
            iat=issued,
            **{tokens.ISSUED_AT: microseconds(at)},
            **claims,
            **{name: value for name, value in optional.items() if value},
        )
