"""JWT bearer tokens. The algorithm is fixed by configuration and never read from the token."""

import hashlib
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import jwt

from orders_adapters.security.claims import ClaimNames
from orders_adapters.security.public_keys import key_error
from orders_domain.errors import InvalidToken, InvalidValue
from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.accounts.auth_token import ALWAYS, AuthenticatedToken

MIN_SECRET_LENGTH = 32  # bytes, for HS256 (RFC 7518, 3.2)
MAX_TOKEN_LENGTH = 8 * 1024  # characters
FAMILY = "fam"  # the claim with the id of the sign-in that issued the token
GENERATION = "gen"  # the claim with the number of refreshes since the sign-in
ISSUED_AT = "iat_us"  # the claim with ``iat`` in microseconds, because sessions may end within a second of a sign-in
MAX_FAMILY_LENGTH = 64
ACCESS_TYPES = frozenset({"jwt", "at+jwt"})
"""The headers ``typ`` of access tokens (RFC 8725, 3.11; RFC 9068), in lower case and without ``application/``."""
DEMO = "demo"  # the claim of the tokens of a demonstration
LEEWAY = 60  # seconds that an issuer's clock may be ahead (RFC 7519, 4.1.5); expiry has no leeway
MAX_TIMESTAMP = 253_339_228_800  # seconds since 1970: the latest expiry of a revocation, in the year 9997
MAX_REMEMBERED = 4_096
"""Verified tokens of a process that are remembered: about 4 MiB."""
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

KeyFor: TypeAlias = Callable[[str], Any]
"""Returns the verification key for a token."""


@dataclass(frozen=True, slots=True)
class _Verified:
    """A token whose signature and claims are valid, the key that verified it, and the times that can end that."""

    key: Any
    times: Mapping[str, Any]
    token: AuthenticatedToken


class JwtTokenVerifier:
    """Implements the TokenVerifier port. Subject and ``exp`` are required; role and scopes are optional.

    A verified token is remembered by its hash, because a client sends one token with many requests. Its times are
    checked at every request, and its key must still be the one of the token: a rotated key verifies it anew.
    """

    def __init__(
        self,
        key_for: KeyFor,
        *,
        algorithm: str,
        issuer: str | None = None,
        audience: str | None = None,
        accept_demo: bool = True,
        names: ClaimNames | None = None,
        types: frozenset[str] = ACCESS_TYPES,
    ) -> None:
        self._key_for = key_for
        self._algorithm = algorithm
        self._issuer = issuer
        self._audience = audience
        self._accept_demo = accept_demo
        self._names = names or ClaimNames()
        self._types = types
        self._remembered: OrderedDict[bytes, _Verified] = OrderedDict()  # the oldest first; each operation is atomic

    def __call__(self, token: str) -> Actor:
        return self.verify(token).actor

    def verify(self, token: str, *, grace: float = 0) -> AuthenticatedToken:
        """Verify a token; with ``grace``, also one that has expired at most so many seconds ago."""
        if len(token) > MAX_TOKEN_LENGTH:
            raise InvalidToken(f"The token must have at most {MAX_TOKEN_LENGTH} characters.")
        if not _COMPACT.fullmatch(token):  # PyJWT accepts base64 padding
            raise InvalidToken("The token must be three parts of unpadded base64url.")
        with _invalid_if_malformed():
            key = self._key_for(token)
        digest = hashlib.sha256(token.encode()).digest()
        known = self._remembered.get(digest)
        if known is None or known.key is not key:
            known = self._verify(token, key, grace=grace)
            self._remember(digest, known)
        _check_validity(known.times, now=time.time(), grace=grace)
        return known.token

    def _verify(self, token: str, key: Any, *, grace: float) -> _Verified:
        claims = self._claims(token, key)
        _check_validity(claims, now=time.time(), grace=grace)
        if claims.get(DEMO) and not self._accept_demo:
            raise InvalidToken("The token is of the demonstration, whose tokens production does not accept.")
        family = claims.get(FAMILY)
        authenticated = AuthenticatedToken(
            actor=self._actor(claims),
            expires_at=datetime.fromtimestamp(min(math.ceil(claims["exp"]), MAX_TIMESTAMP), UTC),
            fingerprint=_fingerprint(token),
            family=family if isinstance(family, str) and 1 <= len(family) <= MAX_FAMILY_LENGTH else None,
            generation=_comparable_number(claims.get(GENERATION)),
            issued_at=_issued_at(claims),
        )
        return _Verified(key, {name: claims[name] for name in _TIMES if name in claims}, authenticated)

    def _remember(self, digest: bytes, verified: _Verified) -> None:
        self._remembered[digest] = verified
        while len(self._remembered) > MAX_REMEMBERED:
            with suppress(KeyError):  # another thread has removed it
                self._remembered.popitem(last=False)

    def _claims(self, token: str, key: Any) -> dict[str, Any]:
        wanted = {"sub": not self._names.subject, "iss": self._issuer, "aud": self._audience}
        required = ["exp", *(name for name, is_wanted in wanted.items() if is_wanted)]
        with _invalid_if_malformed():
            decoded = jwt.decode_complete(
                token,
                key,
                algorithms=[self._algorithm],
                issuer=self._issuer,
                audience=self._audience,
                options={
                    "require": required,
                    "verify_aud": self._audience is not None,
                    "verify_exp": False,  # this and the next two: see _check_validity
                    "verify_nbf": False,
                    "verify_iat": False,
                    "verify_sub": not self._names.subject,
                },
            )
        _check_type(decoded["header"], self._types)
        claims: dict[str, Any] = decoded["payload"]
        return claims

    def _actor(self, claims: dict[str, Any]) -> Actor:
        try:
            return Actor(
                subject=self._names.subject_of(claims),
                role=self._names.role_of(claims),
                scopes=self._names.scopes_of(claims),
                contact=self._names.contact_of(claims),
            )
        except InvalidValue as error:
            raise InvalidToken(str(error)) from error


@contextmanager
def _invalid_if_malformed() -> Iterator[None]:
    """Raise InvalidToken for the errors of PyJWT, and for those that it does not wrap."""
    try:
        yield
    except jwt.InvalidTokenError as error:
        raise InvalidToken(str(error)) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidToken("The token is malformed.") from error


def shared_secret(secret: str) -> KeyFor:
    """Return the verification key of a shared secret.

    Raises:
        InvalidValue: the secret is shorter than 32 bytes.
    """
    key = secret.encode()
    if len(key) < MIN_SECRET_LENGTH:
        raise InvalidValue(f"A signing secret must have at least {MIN_SECRET_LENGTH} bytes.")
    return lambda _: key


def public_key(pem: str, *, algorithm: str) -> KeyFor:
    """Return the verification key of a PEM public key.

    Raises:
        InvalidValue: ``pem`` is not a PEM public key for the algorithm, or an RSA key of less than 2048 bits.
    """
    try:
        key = jwt.get_algorithm_by_name(algorithm).prepare_key(pem.encode())
    except (jwt.InvalidKeyError, ValueError, TypeError) as error:
        raise InvalidValue(f"The public key must be a PEM key for {algorithm}.") from error
    if refusal := key_error(key, algorithm):
        raise InvalidValue(f"The PEM key for {algorithm} {refusal}.")
    return lambda _: key


def encode_token(
    *,
    subject: str,
    secret: str,
    expires_at: int,
    role: Role = Role.CUSTOMER,
    scopes: Sequence[str] = (),
    names: ClaimNames | None = None,
    language: str | None = None,
    header_type: str = "JWT",
    **claims: str | int,
) -> str:
    """Return a token signed with the shared secret (HS256). ``expires_at`` is in seconds since 1970."""
    identity = (names or ClaimNames()).dump(subject=subject, role=role, scopes=scopes, language=language)
    payload = {**identity, "exp": expires_at, **claims}
    return jwt.encode(payload, secret, algorithm="HS256", headers={"typ": header_type})


def _fingerprint(token: str) -> str:
    """Return the hash of the signed part, because some signatures have two encodings."""
    return hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest()


def _check_type(header: Mapping[str, Any], types: frozenset[str]) -> None:
    """Check ``typ``: a token that was issued for another use has another one. Many access tokens have none.

    Raises:
        InvalidToken: the header has another type.
    """
    given = header.get("typ", "JWT")
    if not isinstance(given, str) or given.lower().removeprefix("application/") not in types:
        raise InvalidToken(f"The token's typ must be {' or '.join(sorted(types))}.")


_TIMES = ("exp", "nbf", "iat")


def _check_validity(claims: Mapping[str, Any], *, now: float, grace: float) -> None:
    """Check ``exp``, ``nbf`` and ``iat``: a token of the future would survive the end of its user's sessions.

    Raises:
        InvalidToken: the token is expired or not valid yet, or a claim is not a timestamp.
    """
    times = {name: _seconds(claims, name) for name in _TIMES if name in claims}
    if times["exp"] + grace <= now:
        raise InvalidToken("The token has expired.")
    if times.get("nbf", now) > now + LEEWAY:
        raise InvalidToken("The token is not valid yet (nbf).")
    if times.get("iat", now) > now + LEEWAY:
        raise InvalidToken("The token was issued in the future (iat).")


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    """Return a timestamp in seconds since 1970: any JSON number, also a fraction (RFC 7519, 2, NumericDate)."""
    value = claims[name]
    if type(value) not in (int, float) or not abs(value) < 2**63:  # NaN is not less than anything
        raise InvalidToken(f"{name} must be a valid timestamp.")
    return float(value)


def _issued_at(claims: dict[str, Any]) -> int:
    """Return the microseconds since 1970 at which the token was issued, or 0 if it does not state that."""
    seconds = claims.get("iat", 0)
    exact = _comparable_number(claims.get(ISSUED_AT))
    return exact if exact // 1_000_000 == math.floor(seconds) else _comparable_number(int(seconds * 1_000_000))


def _comparable_number(value: object) -> int:
    """Return the number for the comparison with a revocation, or 0, which is the least."""
    return min(value, ALWAYS - 1) if type(value) is int and value > 0 else 0
