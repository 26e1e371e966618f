"""Use cases: create, list, disable and enable accounts, change passwords and languages, and end sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from orders_domain.errors import InvalidValue
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.accounts.auth_token import issued_before, subject_key
from orders_domain.model.accounts.user import User, validate_password
from orders_domain.ports.accounts.email_normalizer import EmailNormalizer
from orders_domain.ports.accounts.password_hasher import PasswordHasher
from orders_domain.ports.accounts.revoked_tokens import RevokedTokens
from orders_domain.ports.accounts.users import UserRepository
from orders_domain.ports.clock import Clock, NewId


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateUser:
    """An account of a new user, or of ``user_id``, who may already be stored without an account."""

    actor: Actor
    email: str
    password: str = field(repr=False)
    role: Role = Role.CUSTOMER
    scopes: frozenset[str] = frozenset()
    user_id: str | None = None
    demo: bool = False
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUsers:
    actor: Actor
    after: str = ""
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableUser:
    actor: Actor
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableUser:
    actor: Actor
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    actor: Actor
    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetAccount:
    """The actor's own account."""

    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLanguage:
    """A language such as de-AT, or None to remove it; of the actor's own account, or of that with the address."""

    actor: Actor
    language: str | None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSessions:
    """The tokens of an account, or of ``user_id``, who needs none if an identity provider issues the tokens."""

    actor: Actor
    email: str | None = None
    user_id: str | None = None


def create_user(
    request: CreateUser,
    *,
    users: UserRepository,
    normalize_email: EmailNormalizer,
    password_hasher: PasswordHasher,
    clock: Clock,
    new_id: NewId,
) -> User:
    """Store and return a new account.

    Raises:
        InvalidValue: the e-mail address, the password, the id, the role, a scope or the language is not allowed.
        EmailTaken, UserExists: the address or the user already has an account.
        AccessDenied: the actor is not an administrator.
    """
    ADMIN_ONLY.authorize(request.actor)
    validate_password(request.password)
    user = User(
        id=request.user_id if request.user_id is not None else str(new_id()),
        email=normalize_email(request.email),
        password_hash=password_hasher.hash(request.password),
        created_at=clock(),
        role=request.role,
        scopes=request.scopes,
        demo=request.demo,
        language=request.language,
    )
    users.add(user)
    return user


def list_users(request: ListUsers, *, users: UserRepository) -> Sequence[User]:
    """Return a page of accounts, ordered by e-mail address."""
    ADMIN_ONLY.authorize(request.actor)
    return users.list_page(after=request.after, limit=request.limit)


def disable_user(
    request: DisableUser,
    *,
    users: UserRepository,
    normalize_email: EmailNormalizer,
    revoked_tokens: RevokedTokens,
    clock: Clock,
) -> None:
    """Disable sign-in and token refresh for the account, and revoke its tokens in every process.

    Raises:
        UserNotFound: no account has the e-mail address.
        LastAdministrator: the account is the only one of an administrator; nothing has changed.
    """
    ADMIN_ONLY.authorize(request.actor)
    user = users.by_email(normalize_email(request.email))
    users.disable_replaceable(user.id, at=clock())
    _end_sessions(user.id, revoked_tokens, clock)


def enable_user(request: EnableUser, *, users: UserRepository, normalize_email: EmailNormalizer) -> None:
    """Enable sign-in for the account.

    Raises:
        UserNotFound: no account has the e-mail address.
    """
    ADMIN_ONLY.authorize(request.actor)
    users.set_disabled(users.by_email(normalize_email(request.email)).id, at=None)


def change_password(
    request: ChangePassword,
    *,
    users: UserRepository,
    normalize_email: EmailNormalizer,
    revoked_tokens: RevokedTokens,
    password_hasher: PasswordHasher,
    clock: Clock,
) -> None:
    """Change the password of the account, and revoke its tokens in every process.

    Raises:
        InvalidValue: the password is not allowed.
        UserNotFound: no account has the e-mail address.
    """
    ADMIN_ONLY.authorize(request.actor)
    validate_password(request.password)
    user = users.by_email(normalize_email(request.email))
    users.change_password(user.id, password_hasher.hash(request.password))
    _end_sessions(user.id, revoked_tokens, clock)


def get_account(request: GetAccount, *, users: UserRepository) -> User:
    """Return the actor's account.

    Raises:
        UserNotFound: the actor has no account.
    """
    return users.get(request.actor.subject)


def change_language(request: ChangeLanguage, *, users: UserRepository, normalize_email: EmailNormalizer) -> User:
    """Return the account with the language of its letters; the tokens issued from now on state it.

    Raises:
        InvalidValue: the language does not have the form of a language tag.
        UserNotFound: the actor has no account, or no account has the e-mail address.
        AccessDenied: an e-mail address is given, and the actor is not an administrator.
    """
    if request.email is None:
        user = users.get(request.actor.subject)
    else:
        ADMIN_ONLY.authorize(request.actor)
        user = users.by_email(normalize_email(request.email))
    changed = replace(user, language=request.language)
    users.set_language(user.id, changed.language)
    return changed


def end_sessions(
    request: EndSessions,
    *,
    users: UserRepository,
    normalize_email: EmailNormalizer,
    revoked_tokens: RevokedTokens,
    clock: Clock,
) -> None:
    """Revoke all tokens of a user in every process; the user may sign in again.

    Raises:
        InvalidValue: neither or both of e-mail address and user id are given, or the id is not allowed.
        UserNotFound: no account has the e-mail address.
        AccessDenied: the actor is not an administrator.
    """
    ADMIN_ONLY.authorize(request.actor)
    if (request.email is None) == (request.user_id is None):
        raise InvalidValue("Either an e-mail address or a user id must be given.", field="email")
    if request.email is not None:
        user_id = users.by_email(normalize_email(request.email)).id
    else:
        user_id = Actor(subject=request.user_id or "").subject
    _end_sessions(user_id, revoked_tokens, clock)


def _end_sessions(user_id: str, revoked_tokens: RevokedTokens, clock: Clock) -> None:
    """Revoke the tokens issued before now, which must be after the change of the account is stored."""
    revoked_tokens.revoke({subject_key(user_id): issued_before(clock())})
