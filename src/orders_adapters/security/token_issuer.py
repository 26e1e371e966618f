"""Issuer of HS256 tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import uuid4

from orders_adapters.security import refresh_tokens, tokens
from orders_adapters.security.claims import ClaimNames
from orders_domain.errors import SignInDisabled
from orders_domain.model.accounts.actor import Role
from orders_domain.model.accounts.auth_token import microseconds
from orders_domain.model.accounts.user import User
from orders_domain.ports.accounts.tokens import TokenIssuer


class JwtTokenIssuer(TokenIssuer):
    """Issues tokens that are signed with a shared secret, or none if there is no secret.

    ``issuer`` and ``audience`` become the claims ``iss`` and ``aud`` unless they are empty. ``names`` are other claims
    than the standard ones.
    """

    def __init__(
        self,
        secret: str | None,
        *,
        ttl: timedelta,
        grace: timedelta = timedelta(0),
        refresh_ttl: timedelta = timedelta(0),
        issuer: str,
        audience: str,
        names: ClaimNames | None = None,
    ) -> None:
        self._secret = secret
        self._ttl = ttl
        self._grace = grace
        self._refresh_ttl = refresh_ttl
        self._issuer = issuer
        self._audience = audience
        self._names = names

    @property
    def ttl(self) -> timedelta:
        return max(self._ttl + self._grace, self._refresh_ttl)

    def ensure_enabled(self) -> None:
        if self._secret is None:
            raise SignInDisabled

    def __call__(self, user: User, *, family: str, at: datetime, generation: int = 0) -> str:
        claims = _session(family, generation)
        return self.sign(
            user.id,
            role=user.role,
            scopes=sorted(user.scopes),
            at=at,
            demo=user.demo,
            language=user.language,
            claims=claims,
        )

    def refresh_token(self, user: User, *, family: str, at: datetime, generation: int = 0) -> str:
        if self._secret is None:
            raise SignInDisabled
        return self._encode(
            user.id,
            secret=refresh_tokens.key_of(self._secret),
            ttl=self._refresh_ttl,
            header_type=refresh_tokens.TYPE,
            role=Role.CUSTOMER,
            scopes=(),
            at=at,
            demo=user.demo,
            claims=_session(family, generation),
        )

    def sign(
        self,
        subject: str,
        *,
        role: Role,
        scopes: Sequence[str],
        at: datetime,
        demo: bool,
        language: str | None = None,
        claims: Mapping[str, str | int] = MappingProxyType({}),
    ) -> str:
        """Return a token for any subject, with ``claims`` beside those of every token.

        Raises:
            SignInDisabled: see ``ensure_enabled``.
        """
        if self._secret is None:
            raise SignInDisabled
        return self._encode(
            subject,
            secret=self._secret,
            ttl=self._ttl,
            header_type="JWT",
            role=role,
            scopes=scopes,
            at=at,
            demo=demo,
            language=language,
            claims=claims,
        )

    def _encode(
        self,
        subject: str,
        *,
        secret: str,
        ttl: timedelta,
        header_type: str,
        role: Role,
        scopes: Sequence[str],
        at: datetime,
        demo: bool,
        claims: Mapping[str, str | int],
        language: str | None = None,
    ) -> str:
        issued = int(at.timestamp())
        optional: dict[str, str | int] = {"iss": self._issuer, "aud": self._audience, tokens.DEMO: demo}
        return tokens.encode_token(
            subject=subject,
            secret=secret,
            expires_at=issued + int(ttl.total_seconds()),
            header_type=header_type,
            role=role,
            scopes=scopes,
            names=self._names,
            language=language,
            iat=issued,
            **{tokens.ISSUED_AT: microseconds(at)},
            **claims,
            **{name: value for name, value in optional.items() if value},
        )


def _session(family: str, generation: int) -> dict[str, str | int]:
    return {"jti": uuid4().hex, tokens.FAMILY: family, tokens.GENERATION: generation}
