"""Sign-in, refresh and sign-out on the memory adapters, with a controlled clock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from orders_adapters.idna.email_normalizer import normalize_email
from orders_adapters.memory.rate_limiter import InMemoryRateLimiter
from orders_adapters.memory.revoked_tokens import InMemoryRevokedTokens
from orders_adapters.memory.store import InMemoryStore
from orders_adapters.memory.users import InMemoryUserRepository
from orders_adapters.testing.examples import ADA, ADMIN, Clock, new_id
from orders_adapters.testing.threads import at_once
from orders_domain import Actor, Role
from orders_domain.errors import (
    AccessDenied,
    EmailTaken,
    InvalidCredentials,
    InvalidToken,
    InvalidValue,
    TooManyAttempts,
)
from orders_domain.model.accounts.auth_token import AuthenticatedToken, Revocation, microseconds
from orders_domain.model.accounts.user import User
from orders_domain.use_cases import (
    ChangePassword,
    CreateUser,
    DisableUser,
    EnableUser,
    EndSessions,
    ListUsers,
    RefreshToken,
    SignIn,
    SignOut,
    authenticate,
    change_password,
    create_user,
    disable_user,
    enable_user,
    end_sessions,
    list_users,
    refresh_token,
    sign_in,
    sign_out,
)


class PlainPasswordHasher:
    """A hasher with readable hashes; it counts its work, and its scheme can change."""

    def __init__(self) -> None:
        self.worked: list[bool] = []
        self.way = "first"

    def hash(self, password: str) -> str:
        return f"{self.way} {password}"

    def verify(self, password: str, password_hash: str | None) -> bool:
        self.worked.append(password_hash is not None)
        return password_hash is not None and password_hash.partition(" ")[2] == password

    def needs_rehash(self, password_hash: str) -> bool:
        return not password_hash.startswith(self.way)


class ReadableTokenIssuer:
    """An issuer of unsigned tokens."""

    ttl = timedelta(hours=1)

    def ensure_enabled(self) -> None:
        """Tokens are always enabled."""

    def refresh_token(self, user: User, *, family: str, at: datetime, generation: int = 0) -> str:
        raise AssertionError("No client asks for it here.")

    def __call__(self, user: User, *, family: str, at: datetime, generation: int = 0) -> str:
        claims = {"family": family, "generation": generation, "issued": microseconds(at), "role": user.role.value}
        return token(user.id, expires=(at + self.ttl).isoformat(), **claims)


def token(subject: str, **claims: object) -> str:
    return json.dumps({"sub": subject, "id": str(new_id()), **claims})


@dataclass
class Auth:
    clock: Clock = field(default_factory=Clock)
    passwords: PlainPasswordHasher = field(default_factory=PlainPasswordHasher)
    issue: ReadableTokenIssuer = field(default_factory=ReadableTokenIssuer)

    def __post_init__(self) -> None:
        store = InMemoryStore()
        self.users, self.revoked_tokens = InMemoryUserRepository(store), InMemoryRevokedTokens(store)
        self.attempts = InMemoryRateLimiter(clock=self.clock)

    def add_account(self, email: str = "ann@example.com", **others: Any) -> User:
        request = CreateUser(actor=ADMIN, email=email, password="correct horse", **others)
        return create_user(
            request,
            users=self.users,
            normalize_email=normalize_email,
            password_hasher=self.passwords,
            clock=self.clock,
            new_id=new_id,
        )

    def sign_in(
        self, email: str = "ann@example.com", password: str = "correct horse", *, address: str | None = "::1"
    ) -> str:
        return sign_in(
            SignIn(email=email, password=password, address=address),
            users=self.users,
            normalize_email=normalize_email,
            password_hasher=self.passwords,
            rate_limiter=self.attempts,
            token_issuer=self.issue,
            clock=self.clock,
            new_id=new_id,
        ).access

    def identity(self, shown: str) -> AuthenticatedToken:
        claims = json.loads(shown)
        expires = datetime.fromisoformat(claims["expires"])
        if expires <= self.clock():
            raise InvalidToken("expired")
        mark = hashlib.sha256(shown.encode()).hexdigest()
        actor = Actor(subject=claims["sub"], role=Role(claims.get("role", "customer")))
        return AuthenticatedToken(
            actor=actor,
            expires_at=expires,
            fingerprint=mark,
            family=claims.get("family"),
            generation=claims.get("generation", 0),
            issued_at=claims.get("issued", 0),
        )

    def refresh(self, shown: str) -> str:
        return refresh_token(
            RefreshToken(token=shown),
            token_verifier=self.identity,
            users=self.users,
            revoked_tokens=self.revoked_tokens,
            token_issuer=self.issue,
            clock=self.clock,
        ).access

    def sign_out(self, shown: str) -> None:
        request = SignOut(token=self.identify(shown))
        sign_out(request, revoked_tokens=self.revoked_tokens, token_issuer=self.issue, clock=self.clock)

    def identify(self, shown: str) -> AuthenticatedToken:
        return authenticate(shown, token_verifier=self.identity, revoked_tokens=self.revoked_tokens)

    def disable(self, email: str = "ann@example.com") -> None:
        request = DisableUser(actor=ADMIN, email=email)
        disable_user(
            request,
            users=self.users,
            normalize_email=normalize_email,
            revoked_tokens=self.revoked_tokens,
            clock=self.clock,
        )

    def enable(self, email: str = "ann@example.com") -> None:
        enable_user(EnableUser(actor=ADMIN, email=email), users=self.users, normalize_email=normalize_email)

    def change_password(self, password: str, *, email: str = "ann@example.com") -> None:
        change_password(
            ChangePassword(actor=ADMIN, email=email, password=password),
            users=self.users,
            normalize_email=normalize_email,
            revoked_tokens=self.revoked_tokens,
            password_hasher=self.passwords,
            clock=self.clock,
        )

    def end_sessions(self, **whose: str) -> None:
        request = EndSessions(actor=ADMIN, **whose)
        end_sessions(
            request,
            users=self.users,
            normalize_email=normalize_email,
            revoked_tokens=self.revoked_tokens,
            clock=self.clock,
        )

    def accepts(self, shown: str) -> bool:
        try:
            self.identify(shown)
        except InvalidToken:
            return False
        return True


@pytest.fixture
def auth() -> Auth:
    return Auth()


def test_token_has_subject_and_role_of_account(auth: Auth) -> None:
    user = auth.add_account(role=Role.ADMIN)

    actor = auth.identify(auth.sign_in(" ANN@example.com ")).actor

    assert (actor.subject, actor.role) == (user.id, Role.ADMIN)


def test_each_sign_in_starts_a_token_family(auth: Auth) -> None:
    auth.add_account()
    first, second = auth.sign_in(), auth.sign_in()

    auth.sign_out(first)

    assert not auth.accepts(first)
    assert auth.accepts(second)


@pytest.mark.parametrize("email", ["ann@example.com", "nobody@example.com", "no e-mail", "", "x" * 1_000, "a\ud800@b"])
def test_failed_sign_ins_are_indistinguishable(auth: Auth, email: str) -> None:
    auth.add_account()

    for _ in range(10):
        with pytest.raises(InvalidCredentials, match=r"^Invalid credentials$"):
            auth.sign_in(email, "wrong horse")
    with pytest.raises(TooManyAttempts):
        auth.sign_in(email, "wrong horse")

    assert len(auth.passwords.worked) == 10


def test_disabled_account_looks_like_wrong_password(auth: Auth) -> None:
    auth.add_account()
    auth.disable("Ann@example.com")

    with pytest.raises(InvalidCredentials, match=r"^Invalid credentials$"):
        auth.sign_in()
    assert auth.passwords.worked == [True]

    auth.enable()
    assert auth.sign_in()


def test_right_password_is_rejected_after_limit(auth: Auth) -> None:
    auth.add_account()
    for _ in range(10):
        with pytest.raises(InvalidCredentials):
            auth.sign_in(password="wrong horse")

    with pytest.raises(TooManyAttempts):
        auth.sign_in(" ANN@Example.com")
    assert len(auth.passwords.worked) == 10
    auth.clock.advance(61)

    assert auth.sign_in()


def test_successful_sign_in_resets_the_count(auth: Auth) -> None:
    auth.add_account()
    for number in range(99):
        if number % 3:
            with pytest.raises(InvalidCredentials):
                auth.sign_in(password="wrong horse")
        else:
            auth.sign_in()


def test_successful_sign_ins_count_for_address(auth: Auth) -> None:
    auth.add_account()
    for _ in range(100):
        auth.sign_in(address="203.0.113.9")

    with pytest.raises(TooManyAttempts):
        auth.sign_in(address="203.0.113.9")
    assert auth.sign_in(address="203.0.113.10")


def test_address_limit_covers_many_accounts(auth: Auth) -> None:
    auth.add_account()
    for number in range(100):
        with pytest.raises(InvalidCredentials):
            auth.sign_in(f"user-{number}@example.com", address="203.0.113.9")

    with pytest.raises(TooManyAttempts):
        auth.sign_in(address="203.0.113.9")
    assert auth.sign_in(address="203.0.113.10")


def guess(auth: Auth, address: str | None, email: str = "ann@example.com") -> type[Exception]:
    with pytest.raises((InvalidCredentials, TooManyAttempts)) as refusal:
        auth.sign_in(email, "wrong horse", address=address)
    return refusal.type


def test_stranger_does_not_lock_out_the_owner(auth: Auth) -> None:
    auth.add_account()

    for _ in range(60):
        assert [guess(auth, "203.0.113.9") for _ in range(20)][-1] is TooManyAttempts
        auth.clock.advance(60)

    assert auth.sign_in(address="198.51.100.1")


def test_many_strangers_do_not_lock_out_a_known_address(auth: Auth) -> None:
    auth.add_account()
    auth.sign_in(address="198.51.100.1")
    auth.clock.advance(29 * 24 * 3_600)

    tries = [guess(auth, f"203.0.113.{number % 40}") for number in range(300)]

    assert tries.count(InvalidCredentials) == 100
    with pytest.raises(TooManyAttempts):
        auth.sign_in(address="203.0.113.99")
    assert auth.sign_in(address="198.51.100.1")


def test_address_is_known_to_one_account_only(auth: Auth) -> None:
    auth.add_account()
    auth.add_account("bob@example.com")
    auth.sign_in("bob@example.com", address="198.51.100.1")

    for number in range(100):
        guess(auth, f"203.0.113.{number % 40}")

    with pytest.raises(TooManyAttempts):
        auth.sign_in(address="198.51.100.1")


def test_address_is_forgotten_after_30_days(auth: Auth) -> None:
    auth.add_account()
    auth.sign_in(address="198.51.100.1")
    auth.clock.advance(30 * 24 * 3_600)

    for number in range(100):
        guess(auth, f"203.0.113.{number % 40}")

    with pytest.raises(TooManyAttempts):
        auth.sign_in(address="198.51.100.1")


def test_thirty_guesses_an_hour_are_verified(auth: Auth) -> None:
    auth.add_account()

    tries = []
    for _ in range(59):
        tries.append(guess(auth, "203.0.113.9"))
        auth.clock.advance(60)

    assert tries == [InvalidCredentials] * 30 + [TooManyAttempts] * 29


def test_unknown_addresses_are_no_single_client(auth: Auth) -> None:
    for number in range(150):
        auth.add_account(f"user-{number}@example.com")

        assert auth.sign_in(f"user-{number}@example.com", address=None)
    assert [guess(auth, None, "user-1@example.com") for _ in range(101)][-2:] == [InvalidCredentials, TooManyAttempts]


@pytest.mark.parametrize("spelling", ["jos\u00e9@b\u00fccher.example", "jose\u0301@xn--bcher-kva.EXAMPLE"])
def test_every_spelling_of_an_address_is_one_account(auth: Auth, spelling: str) -> None:
    auth.add_account("Jose\u0301@Bu\u0308cher.example")

    assert auth.sign_in(spelling)
    with pytest.raises(EmailTaken):
        auth.add_account(spelling)


def test_outdated_hash_is_replaced_at_sign_in(auth: Auth) -> None:
    user = auth.add_account()
    auth.passwords.way = "second"

    with pytest.raises(InvalidCredentials):
        auth.sign_in(password="wrong horse")
    assert auth.users.get(user.id).password_hash == "first correct horse"
    auth.sign_in()

    assert auth.users.get(user.id).password_hash == "second correct horse"
    assert auth.sign_in()


def test_refresh_revokes_the_old_token(auth: Auth) -> None:
    auth.add_account()
    old = auth.sign_in()
    auth.clock.advance(3_000)

    new = auth.refresh(old)

    assert (auth.accepts(old), auth.accepts(new)) == (False, True)
    auth.clock.advance(3_000)
    assert auth.accepts(new)


def test_reused_token_revokes_its_family(auth: Auth) -> None:
    auth.add_account()
    stolen, other = auth.sign_in(), auth.sign_in()
    second = auth.refresh(stolen)
    third = auth.refresh(second)
    assert auth.accepts(third)

    with pytest.raises(InvalidToken):
        auth.refresh(stolen)

    assert [auth.accepts(candidate) for candidate in (stolen, second, third)] == [False] * 3
    with pytest.raises(InvalidToken):
        auth.refresh(third)
    assert auth.accepts(other)


def test_revoked_family_outlives_its_tokens(auth: Auth) -> None:
    auth.add_account()
    old = auth.sign_in()
    new = auth.refresh(old)
    auth.sign_out(new)

    auth.clock.advance(3_599)
    auth.revoked_tokens.prune(expired_before=auth.clock())

    assert not auth.accepts(new)


def test_concurrent_refresh_succeeds_at_most_once(auth: Auth) -> None:
    auth.add_account()
    for _ in range(20):
        shown = auth.sign_in()
        results = at_once(*[partial(auth.refresh, shown)] * 8)

        made = [result for result in results if isinstance(result, str)]
        assert len(made) <= 1
        assert {type(result) for result in results} <= {str, InvalidToken}
        assert not auth.accepts(shown)
        assert not any(auth.accepts(candidate) for candidate in made), "somebody has a copy: the family is ended"


def test_ended_token_is_not_refreshed(auth: Auth) -> None:
    auth.add_account()
    ended, expired = auth.sign_in(), auth.sign_in()
    auth.sign_out(ended)
    auth.clock.advance(3_600)

    for shown in (ended, expired):
        with pytest.raises(InvalidToken):
            auth.refresh(shown)


def test_foreign_token_is_not_refreshed(auth: Auth) -> None:
    auth.add_account()
    foreign = token("ann", expires=(auth.clock() + timedelta(hours=1)).isoformat())

    with pytest.raises(InvalidToken):
        auth.refresh(foreign)

    assert auth.accepts(foreign)
    auth.sign_out(foreign)
    assert not auth.accepts(foreign)


def test_disabled_user_cannot_refresh(auth: Auth) -> None:
    auth.add_account()
    shown = auth.sign_in()
    auth.clock.advance(0.000001)
    auth.disable()

    with pytest.raises(InvalidToken):
        auth.refresh(shown)

    auth.enable()
    with pytest.raises(InvalidToken):
        auth.refresh(shown)
    assert auth.accepts(auth.refresh(auth.sign_in()))


ENDINGS: dict[str, Callable[[Auth], None]] = {
    "disable": lambda auth: auth.disable(),
    "password": lambda auth: auth.change_password("battery staple"),
    "end-sessions": lambda auth: auth.end_sessions(email="ANN@example.com"),
    "end-sessions --id": lambda auth: auth.end_sessions(user_id=auth.users.by_email("ann@example.com").id),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_ended_sessions_revoke_all_earlier_tokens(auth: Auth, ending: str) -> None:
    ann = auth.add_account()
    auth.add_account("bob@example.com")
    refreshed = auth.refresh(auth.sign_in())
    foreign = token(ann.id, expires=(auth.clock() + timedelta(days=30)).isoformat())
    earlier, other = [auth.sign_in(), refreshed, foreign], auth.sign_in("bob@example.com")
    assert all(auth.accepts(shown) for shown in earlier)
    auth.clock.advance(0.000001)

    ENDINGS[ending](auth)

    assert not any(auth.accepts(shown) for shown in earlier)
    assert auth.accepts(other)
    auth.clock.advance(29 * 24 * 3_600)
    auth.revoked_tokens.prune(expired_before=auth.clock())
    assert not auth.accepts(foreign)


@pytest.mark.parametrize("ending", ["password", "end-sessions"])
def test_new_session_begins_in_the_same_second(auth: Auth, ending: str) -> None:
    auth.add_account()
    old = auth.sign_in()
    auth.clock.advance(0.000001)
    ENDINGS[ending](auth)

    new = auth.sign_in(password="battery staple" if ending == "password" else "correct horse")

    assert (auth.accepts(old), auth.accepts(new)) == (False, True)
    assert auth.accepts(auth.refresh(new))


@pytest.mark.parametrize("ending", ["disable", "password"])
def test_sign_in_during_the_ending_is_revoked(auth: Auth, ending: str) -> None:
    """The account is read before its change, and the token is issued after it."""
    auth.add_account()
    verify = auth.passwords.verify

    def slowly(password: str, password_hash: str | None) -> bool:
        auth.clock.advance(0.5)
        ENDINGS[ending](auth)
        auth.clock.advance(0.5)
        return verify(password, password_hash)

    auth.passwords.verify = slowly  # type: ignore[method-assign]

    assert not auth.accepts(auth.sign_in())


def test_refresh_during_the_ending_is_revoked(auth: Auth) -> None:
    auth.add_account()
    shown = auth.sign_in()
    get = auth.users.get

    def slowly(user_id: str) -> User:
        user = get(user_id)
        auth.clock.advance(0.5)
        auth.disable()
        auth.clock.advance(0.5)
        return user

    auth.users.get = slowly  # type: ignore[method-assign]

    with pytest.raises(InvalidToken):
        auth.refresh(shown)


def test_refresh_before_the_ending_is_revoked(auth: Auth) -> None:
    """The account is disabled between the rotation of the family and the issue of the new token."""
    auth.add_account()
    shown = auth.sign_in()
    revoke = auth.revoked_tokens.revoke

    def slowly(revocations: Mapping[str, Revocation]) -> frozenset[str]:
        raised = revoke(revocations)
        auth.revoked_tokens.revoke = revoke  # type: ignore[method-assign]
        auth.clock.advance(0.5)
        auth.disable()
        auth.clock.advance(0.5)
        return raised

    auth.revoked_tokens.revoke = slowly  # type: ignore[method-assign]

    assert not auth.accepts(auth.refresh(shown))


def test_family_is_one_row_however_often_refreshed(auth: Auth) -> None:
    auth.add_account()
    shown = auth.sign_in()
    for _ in range(50):
        shown = auth.refresh(shown)

    assert len(auth.revoked_tokens.all(limit=10) or {}) == 1
    assert auth.accepts(shown)
    auth.sign_out(shown)
    assert len(auth.revoked_tokens.all(limit=10) or {}) == 1
    assert not auth.accepts(shown)


@pytest.mark.parametrize("whose", [{}, {"email": "ann@example.com", "user_id": "ann"}, {"user_id": ""}])
def test_end_sessions_needs_one_user(auth: Auth, whose: dict[str, str]) -> None:
    auth.add_account()

    with pytest.raises(InvalidValue):
        auth.end_sessions(**whose)


def test_refreshed_token_has_current_role(auth: Auth) -> None:
    user = auth.add_account(role=Role.ADMIN)
    shown = auth.sign_in()
    auth.users._store.users[user.id] = User(
        id=user.id, email=user.email, password_hash=user.password_hash, created_at=user.created_at
    )

    assert auth.identify(auth.refresh(shown)).actor.role is Role.CUSTOMER


def test_changed_password_replaces_the_old(auth: Auth) -> None:
    auth.add_account()
    auth.change_password("battery staple")

    with pytest.raises(InvalidCredentials):
        auth.sign_in()
    assert auth.sign_in(password="battery staple")


def test_accounts_require_an_administrator(auth: Auth) -> None:
    auth.add_account()
    ports = {"users": auth.users}
    ending: dict[str, Any] = {"revoked_tokens": auth.revoked_tokens, "clock": auth.clock}
    calls = [
        partial(
            create_user,
            CreateUser(actor=ADA, email="a@b", password="correct horse"),
            normalize_email=normalize_email,
            password_hasher=auth.passwords,
            clock=auth.clock,
            new_id=new_id,
        ),
        partial(list_users, ListUsers(actor=ADA)),
        partial(
            disable_user, DisableUser(actor=ADA, email="ann@example.com"), normalize_email=normalize_email, **ending
        ),
        partial(
            end_sessions, EndSessions(actor=ADA, email="ann@example.com"), normalize_email=normalize_email, **ending
        ),
        partial(enable_user, EnableUser(actor=ADA, email="ann@example.com"), normalize_email=normalize_email),
        partial(
            change_password,
            ChangePassword(actor=ADA, email="ann@example.com", password="correct horse"),
            normalize_email=normalize_email,
            password_hasher=auth.passwords,
            **ending,
        ),
    ]
    for call in calls:
        with pytest.raises(AccessDenied):
            call(**ports)  # type: ignore[operator]


def test_requests_hide_passwords_and_tokens() -> None:
    requests = [
        SignIn(email="a@b", password="s3cret", address="::1"),
        RefreshToken(token="s3cret"),
        CreateUser(actor=ADMIN, email="a@b", password="s3cret"),
        ChangePassword(actor=ADMIN, email="a@b", password="s3cret"),
    ]

    assert not any("s3cret" in repr(request) for request in requests)
