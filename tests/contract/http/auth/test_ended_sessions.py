"""Ended sessions: every earlier token is rejected in every process, at no cost for a request."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jwt
import pytest
from redis import Redis

from orders_domain import Role
from orders_domain.use_cases import ChangePassword, EndSessions
from orders_flask import Settings
from tests.contract.http.auth.accounts import PASSWORD, ROOT, Guest, error, welcome
from tests.contract.test_jwks import Provider, provider, token  # noqa: F401 - a fixture
from tests.support.client import Caller, ask
from tests.support.command import orders
from tests.support.secrets import JWT_SECRET
from tests.support.servers.tables import migrated
from tests.support.service_stack import Stack

pytestmark = pytest.mark.usefixtures("quick_hashing")

ENDINGS: dict[str, Callable[[Guest], object]] = {
    "disable": Guest.disable,
    "password": lambda guest: guest.stack.container.change_password(
        ChangePassword(actor=ROOT, email=guest.email, password=PASSWORD)
    ),
    "end-sessions": lambda guest: guest.stack.container.end_sessions(EndSessions(actor=ROOT, email=guest.email)),
}


@pytest.fixture
def elsewhere(real_stack: Stack, build: Callable[..., Stack]) -> Stack:
    """A second process of the same service: only the servers are shared."""
    return build(replace(real_stack.settings, log_level="ERROR"))


@pytest.mark.clause("002-24")
@pytest.mark.parametrize("ending", ENDINGS)
def test_ended_sessions_open_nothing(stack: Stack, ending: str) -> None:
    boss, other = welcome(stack, role=Role.ADMIN), welcome(stack)
    welcome(stack, role=Role.ADMIN)  # because the last administrator is not disabled
    first, untouched = boss.token(), other.token()
    tokens = [boss.refreshed(first), boss.token(), boss.token()]
    assert [boss.opens(issued) for issued in tokens] == [True] * 3

    ENDINGS[ending](boss)

    assert [boss.opens(issued) for issued in (first, *tokens)] == [False] * 4
    for issued in tokens:
        headers = {"Authorization": f"Bearer {issued}"}
        assert ask(stack.app, "GET", "/api/v1/orders/", headers=headers).status_code == 401
        assert ask(stack.app, "POST", "/api/v1/products/", headers=headers).status_code == 401
        error(boss.refresh(issued), 401)
    assert other.opens(untouched)


@pytest.mark.parametrize("ending", ["password", "end-sessions"])
def test_new_session_begins_at_once(stack: Stack, ending: str) -> None:
    ada = welcome(stack)
    old = ada.token()

    for _ in range(5):
        ENDINGS[ending](ada)
        new = ada.token()
        assert (ada.opens(old), ada.opens(new)) == (False, True)
        old = ada.refreshed(new)
        assert ada.opens(old)


@pytest.mark.parametrize("ending", ENDINGS)
def test_sessions_end_in_other_processes(real_stack: Stack, elsewhere: Stack, ending: str) -> None:
    ada = welcome(real_stack)
    token = ada.token()
    assert ada.opens(token, app=elsewhere.app)

    ENDINGS[ending](ada)

    assert not ada.opens(token, app=elsewhere.app)


def test_command_ends_sessions_of_a_running_service(embedded_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command runs in another process, of which a copy in the memory of the service knows nothing."""
    monkeypatch.chdir(embedded_stack.directory)
    ada = welcome(embedded_stack)
    token = ada.token()
    assert ada.opens(token)

    ended = orders("users", "end-sessions", ada.email, here=embedded_stack.directory)

    assert (ended.returncode, ended.stdout) == (0, f"The sessions of {ada.email} are ended.\n")
    assert not ada.opens(token)
    assert ada.opens(ada.token())


def test_ended_sessions_cost_no_statement(real_stack: Stack) -> None:
    ada = welcome(real_stack)
    ENDINGS["end-sessions"](ada)
    caller = Caller(app=real_stack.app, subject=ada.subject, token=ada.token())
    caller.ask("GET", "/orders/none")

    with real_stack.statements_about_tokens() as sent:
        assert caller.ask("GET", "/orders/none").status_code == 404

    assert sent == []


def test_provider_token_ends_by_subject(
    provider: Provider,  # noqa: F811
    build: Callable[..., Stack],
) -> None:
    stack = build(Settings(database_url="memory://", jwt_jwks_url=provider.url, log_level="ERROR"))
    issued = [token(iat=1_795_750_850), token(iat=1_795_750_850, jti="2"), token()]

    def status(shown: str) -> int:
        return Caller(app=stack.app, subject="ada", token=shown).list().status_code

    assert [status(shown) for shown in issued] == [200] * 3

    stack.container.end_sessions(EndSessions(actor=ROOT, user_id="ada"))

    assert [status(shown) for shown in issued] == [401] * 3
    in_one_second = stack.container.clock()().timestamp() + 1
    assert status(token(iat=in_one_second)) == 200
    assert status(token(iat=1_795_750_850, sub="grace")) in (200, 403)


def test_refreshing_in_a_loop_stores_one_row(stack: Stack) -> None:
    ada = welcome(stack)
    token = ada.token()
    before = stack.rows("SELECT count(*) FROM revoked_tokens")[0][0]
    for _ in range(30):
        token = ada.refreshed(token)

    assert stack.rows("SELECT count(*) FROM revoked_tokens") == [(before + 1,)]
    assert ada.opens(token)
    ada.logout(token)
    assert stack.rows("SELECT count(*) FROM revoked_tokens") == [(before + 1,)]
    assert not ada.opens(token)


def test_token_has_integer_issue_second(stack: Stack) -> None:
    claims = jwt.decode(welcome(stack).token(), JWT_SECRET, algorithms=["HS256"])

    assert type(claims["iat"]) is int
    assert claims["iat_us"] // 1_000_000 == claims["iat"]


def test_databases_with_one_redis_stay_apart(real_stack: Stack, build: Callable[..., Stack], tmp_path: Path) -> None:
    """The second deployment has the same prefix; it fills its copy after the first one's has expired."""
    url = f"sqlite:///{tmp_path}/staging.db"
    staging = build(replace(real_stack.settings, database_url=url, log_level="ERROR"))
    migrated(staging.container)
    ada = welcome(real_stack)
    token = ada.token()
    ada.logout(token)
    assert not ada.opens(token)
    with Redis.from_url(real_stack.settings.redis_url) as redis:
        redis.delete(*redis.scan_iter(f"{real_stack.settings.redis_prefix}revoked_tokens*"))  # as after 300 seconds

    staging.caller().list()

    assert not ada.opens(token)
