"""Use case: sign in with an e-mail address and a password."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from orders_domain.errors import DemoAccountRefused, InvalidCredentials, InvalidValue, UserNotFound
from orders_domain.model.accounts.auth_token import SessionTokens
from orders_domain.model.accounts.user import User
from orders_domain.ports.accounts.email_normalizer import EmailNormalizer
from orders_domain.ports.accounts.password_hasher import PasswordHasher
from orders_domain.ports.accounts.rate_limiter import RateLimit, RateLimiter
from orders_domain.ports.accounts.tokens import TokenIssuer
from orders_domain.ports.accounts.users import UserRepository
from orders_domain.ports.clock import Clock, NewId

PER_ADDRESS = RateLimit(100, 60)
PER_ACCOUNT_AND_ADDRESS = (RateLimit(10, 60), RateLimit(30, 3_600))
PER_ACCOUNT = RateLimit(100, 3_600)
KNOWN_SECONDS = 30 * 24 * 3_600
"""How long an address is known to an account after a sign-in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    email: str
    password: str = field(repr=False)
    address: str | None  # network address of the client; None if it is unknown
    refresh_token: bool = False  # whether the client wants one beside the token


def sign_in(
    request: SignIn,
    *,
    users: UserRepository,
    normalize_email: EmailNormalizer,
    password_hasher: PasswordHasher,
    rate_limiter: RateLimiter,
    token_issuer: TokenIssuer,
    clock: Clock,
    new_id: NewId,
    allow_demo: bool = True,
) -> SessionTokens:
    """Return a new token of a new family, and a refresh token if the client wants one (clause 003-09).

    An unknown e-mail address takes the same time, counts the same attempts and raises the same error as a wrong
    password, so that accounts cannot be discovered.

    Attempts are counted by account and network address, so that a stranger's guesses do not lock out the owner. All
    unknown addresses share a slow limit of the account; an address is known for 30 days after a sign-in from it.

    Raises:
        InvalidCredentials: the address or the password is wrong, or the account is disabled.
        DemoAccountRefused: the account is one of the demonstration, and ``allow_demo`` is false.
        TooManyAttempts: from the network address there were 100 attempts in a minute, or 10 in a minute or 30 in an
            hour for the account without a success; or from all unknown addresses 100 in an hour for the account.
        PasswordHasherBusy: too many concurrent sign-ins.
        SignInDisabled: an external identity provider issues the tokens.
        StoreUnavailable: the store is unavailable.
    """
    token_issuer.ensure_enabled()
    email = _normalized(request.email, normalize_email)
    attempts = _Attempts(rate_limiter, account=email or request.email.strip().lower(), address=request.address)
    attempts.count()
    now = clock()  # before the account is read, so that a token issued during the end of its sessions is revoked
    user = _user_by_email(email, users)
    is_verified = password_hasher.verify(request.password, user.password_hash if user else None)
    if user is None or not is_verified or user.disabled:
        raise InvalidCredentials
    if user.demo and not allow_demo:
        raise DemoAccountRefused
    attempts.succeeded()
    if password_hasher.needs_rehash(user.password_hash):
        users.change_password(user.id, password_hasher.hash(request.password), instead_of=user.password_hash)
    family = str(new_id())
    return SessionTokens(
        access=token_issuer(user, family=family, at=now),
        refresh=token_issuer.refresh_token(user, family=family, at=now) if request.refresh_token else None,
    )


class _Attempts:
    """The counters of an account and a network address."""

    def __init__(self, rate_limiter: RateLimiter, *, account: str, address: str | None) -> None:
        self._limiter = rate_limiter
        self._account = f"account {_hash(account)}"
        self._address = address and f"address {_hash(address)}"
        self._pair = f"{self._account} {self._address}"

    def count(self) -> None:
        if self._address:
            self._limiter.hit(self._address, limit=PER_ADDRESS)
            for limit in PER_ACCOUNT_AND_ADDRESS:
                self._limiter.hit(f"{self._pair} {limit.seconds}", limit=limit)
        if not (self._address and self._limiter.remembers(self._pair)):
            self._limiter.hit(self._account, limit=PER_ACCOUNT)

    def succeeded(self) -> None:
        self._limiter.reset(self._account)
        if self._address:
            for limit in PER_ACCOUNT_AND_ADDRESS:
                self._limiter.reset(f"{self._pair} {limit.seconds}")
            self._limiter.remember(self._pair, seconds=KNOWN_SECONDS)


def _normalized(email: str, normalize_email: EmailNormalizer) -> str | None:
    try:
        return normalize_email(email)
    except InvalidValue:
        return None


def _user_by_email(email: str | None, users: UserRepository) -> User | None:
    try:
        return users.by_email(email) if email else None
    except UserNotFound:
        return None


def _hash(text: str) -> str:
    """Hash input for use in a key, because it may be long and is personal data."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
