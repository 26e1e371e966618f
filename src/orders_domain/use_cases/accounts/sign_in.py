"""Use case: sign in with an e-mail address and a password."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from orders_domain.errors import DemoAccountRefused, InvalidCredentials, InvalidValue, UserNotFound
from orders_domain.model.user import User, normalize_email
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.password_hasher import PasswordHasher
from orders_domain.ports.rate_limiter import RateLimiter
from orders_domain.ports.tokens import TokenIssuer
from orders_domain.ports.users import UserRepository

MAX_FAILURES_PER_ACCOUNT = 10  # per minute
MAX_FAILURES_PER_ADDRESS = 100  # per minute


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    email: str
    password: str = field(repr=False)
    address: str  # network address of the client


def sign_in(
    request: SignIn,
    *,
    users: UserRepository,
    password_hasher: PasswordHasher,
    rate_limiter: RateLimiter,
    token_issuer: TokenIssuer,
    clock: Clock,
    new_id: NewId,
    allow_demo: bool = True,
) -> str:
    """Return a new token of a new family (clause 003-09).

    An unknown e-mail address takes the same time, counts the same attempts and raises the same error as a wrong
    password, so that accounts cannot be discovered.

    Raises:
        InvalidCredentials: the address or the password is wrong, or the account is disabled.
        DemoAccountRefused: the account is one of the demonstration, and ``allow_demo`` is false.
        TooManyAttempts: the account had 10 failures, or the address 100 attempts, within a minute.
        PasswordHasherBusy: too many concurrent sign-ins.
        SignInDisabled: an external identity provider issues the tokens.
        StoreUnavailable: the store is unavailable.
    """
    token_issuer.ensure_enabled()
    account = f"account {_hash(request.email.strip().lower())}"
    rate_limiter.hit(f"address {_hash(request.address)}", limit=MAX_FAILURES_PER_ADDRESS)
    rate_limiter.hit(account, limit=MAX_FAILURES_PER_ACCOUNT)
    now = clock()  # before the account is read, so that a token issued during the end of its sessions is revoked
    user = _user_by_email(request.email, users)
    is_verified = password_hasher.verify(request.password, user.password_hash if user else None)
    if user is None or not is_verified or user.disabled:
        raise InvalidCredentials
    if user.demo and not allow_demo:
        raise DemoAccountRefused
    rate_limiter.reset(account)
    if password_hasher.needs_rehash(user.password_hash):
        users.change_password(user.id, password_hasher.hash(request.password), instead_of=user.password_hash)
    return token_issuer(user, family=str(new_id()), at=now)


def _user_by_email(email: str, users: UserRepository) -> User | None:
    try:
        return users.by_email(normalize_email(email))
    except (UserNotFound, InvalidValue):
        return None


def _hash(text: str) -> str:
    """Hash input for use in a key, because it may be long and is personal data."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
