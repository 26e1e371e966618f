"""POST /auth/refresh and /auth/logout: single-use refresh tokens and revocation."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import jwt
import pytest
from redis import Redis

from orders_domain import Role
from orders_flask import Settings
from tests.contract.http.auth.accounts import Guest, error, welcome
from tests.contract.http.auth.test_token_verification import FORGED, SCHEMES, as_a_server_hears_it
from tests.support.client import Caller, ask, refused
from tests.support.secrets import JWT_SECRET
from tests.support.servers.proxy import Proxy
from tests.support.service_stack import Stack

pytestmark = pytest.mark.usefixtures("quick_hashing")

INVALID = "The bearer token is missing or not valid."


@pytest.fixture
def elsewhere(real_stack: Stack, build: Callable[..., Stack]) -> Stack:
    """A second application object of the same service: only the servers are shared."""
    return build(replace(real_stack.settings, log_level="ERROR"))


@pytest.mark.clause("003-12")
def test_refreshed_token_replaces_the_old_one(ada: Guest) -> None:
    old = ada.token()

    new = ada.refreshed(old)

    assert (ada.opens(old), ada.opens(new)) == (False, True)
    assert jwt.decode(new, options={"verify_signature": False})["sub"] == ada.subject


@pytest.mark.clause("003-12")
def test_refresh_token_reuse_revokes_its_family(ada: Guest) -> None:
    first, other = ada.token(), ada.token()
    second = ada.refreshed(first)
    third = ada.refreshed(second)

    error(ada.refresh(first), 401)

    assert [ada.opens(token) for token in (first, second, third)] == [False] * 3
    error(ada.refresh(third), 401)
    assert ada.opens(other)


@pytest.mark.clause("003-12")
def test_concurrent_reuse_revokes_the_family(ada: Guest) -> None:
    """Reuse by the losers revokes the family, perhaps before the winner has its response."""
    for _ in range(3):
        token = ada.token()
        with ThreadPoolExecutor(8) as threads:
            responses = list(threads.map(lambda _, token=token: ada.refresh(token), range(8)))

        won = [response.json["token"] for response in responses if response.status_code == 200]
        assert len(won) <= 1
        assert [response.status_code for response in responses].count(401) == 8 - len(won)
        assert not any(ada.opens(issued) for issued in (token, *won))


@pytest.mark.clause("003-12")
@pytest.mark.parametrize("body", [{}, {"token": None}, {"token": 7}, {"token": ["x"]}, [], {"token": "a\x00"}], ids=str)
def test_refresh_body_without_token_is_400(ada: Guest, body: object) -> None:
    error(ada.post("/auth/refresh", body), 400)


@pytest.mark.clause("003-10", "003-11", "003-12")
def test_forged_token_is_not_refreshed(ada: Guest) -> None:
    refreshed = [label for label, token in FORGED if ada.refresh(token).status_code not in (400, 401)]

    assert refreshed == []


@pytest.mark.clause("003-12")
def test_expired_token_is_not_refreshed(stack: Stack, ada: Guest) -> None:
    claims = jwt.decode(ada.token(), options={"verify_signature": False}) | {"exp": int(time.time()) - 1}

    assert error(ada.refresh(jwt.encode(claims, JWT_SECRET, algorithm="HS256")), 401) == INVALID


@pytest.mark.clause("003-12")
def test_token_without_family_is_not_refreshed(stack: Stack, ada: Guest) -> None:
    token = stack.caller(ada.subject).token

    error(ada.refresh(token), 401)

    assert ada.opens(token)


@pytest.mark.clause("003-12")
def test_disabled_account_cannot_refresh(ada: Guest) -> None:
    token = ada.token()
    ada.disable()

    error(ada.refresh(token), 401)


@pytest.mark.clause("003-13", "002-24")
def test_logout_leaves_other_sign_ins_valid(ada: Guest) -> None:
    token, other = ada.token(), ada.token()
    assert ada.opens(token)

    assert ada.logout(token).status_code == 200

    assert not ada.opens(token)
    error(ada.logout(token), 401)
    error(ada.refresh(token), 401)
    assert ada.opens(other)


@pytest.mark.clause("003-13")
def test_logout_revokes_the_family(ada: Guest) -> None:
    old = ada.token()
    new = ada.refreshed(old)

    ada.logout(new)

    assert not ada.opens(new)


@pytest.mark.clause("003-13", "002-24")
@pytest.mark.parametrize("claims", [{}, {"jti": "an-id-of-theirs"}, {"fam": 7, "sid": "x"}], ids=str)
def test_foreign_token_is_revoked_at_logout(ada: Guest, claims: dict[str, object]) -> None:
    payload = {"sub": ada.subject, "exp": int(time.time()) + 600} | claims
    token, other = (jwt.encode(payload | {"n": n}, JWT_SECRET, algorithm="HS256") for n in (1, 2))

    assert ada.logout(token).status_code == 200

    assert (ada.opens(token), ada.opens(other)) == (False, True)


@pytest.mark.clause("003-10", "003-13")
def test_forged_token_cannot_log_out(stack: Stack) -> None:
    def status(header: str) -> int:
        environ = {"HTTP_AUTHORIZATION": as_a_server_hears_it(header)}
        response = ask(stack.app, "POST", "/auth/logout", environ_overrides=environ)
        assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        return len(error(response, response.status_code)) and response.status_code

    good = stack.caller().token
    before = stack.rows("SELECT * FROM revoked_tokens")

    assert {status(f"Bearer {token}") for _, token in FORGED} == {401}
    assert {status(scheme.replace("{}", good)) for scheme in SCHEMES} == {401}
    assert stack.rows("SELECT * FROM revoked_tokens") == before


@pytest.mark.clause("002-24", "003-13")
def test_revoked_token_is_rejected_on_orders(stack: Stack, ada: Guest) -> None:
    token = ada.token()
    caller = Caller(app=stack.app, subject=ada.subject, token=token)
    order = caller.place()
    assert caller.get(order).status_code == 200
    ada.logout(token)

    refused(caller.get(order), 401)  # although the order is cached
    refused(caller.patch(order, "PAID"), 401)
    refused(caller.post({"items": [], "total_price": 0}), 401)


@pytest.mark.clause("002-24", "003-13")
def test_revocation_reaches_other_processes(real_stack: Stack, elsewhere: Stack) -> None:
    ada = welcome(real_stack)
    for _ in range(5):
        token = ada.token()
        assert ada.opens(token, app=elsewhere.app)
        ada.logout(token)
        assert not ada.opens(token, app=elsewhere.app)

        first = ada.token()
        second = ada.refreshed(first, app=elsewhere.app)
        assert not ada.opens(first)
        assert ada.opens(second)
        error(ada.refresh(first), 401)
        assert not ada.opens(second, app=elsewhere.app)


@pytest.mark.clause("003-12")
def test_concurrent_refresh_has_one_winner(real_stack: Stack, elsewhere: Stack) -> None:
    ada = welcome(real_stack)
    for _ in range(5):
        token = ada.token()
        with ThreadPoolExecutor(2) as threads:
            refreshes = [threads.submit(partial(ada.refresh, token, app=app)) for app in (ada.app, elsewhere.app)]
        # The loser revokes the family. If that happens before the winner reads it, there is no winner.
        assert sorted(refresh.result().status_code for refresh in refreshes) in ([200, 401], [401, 401])


@pytest.mark.clause("002-24", "003-13")
def test_revocation_survives_redis_flush(real_stack: Stack) -> None:
    ada = welcome(real_stack)
    token, good = ada.token(), ada.token()
    ada.logout(token)

    key = f"{real_stack.settings.redis_prefix}revoked_tokens:{real_stack.container.store().identity.get()}"
    with Redis.from_url(real_stack.settings.redis_url) as redis:
        assert redis.zcard(key)
        redis.delete(key)

    assert (ada.opens(token), ada.opens(good)) == (False, True)


@pytest.fixture
def far(far_from_redis: Stack) -> Guest:
    return welcome(far_from_redis)


@pytest.mark.clause("002-24", "003-13")
@pytest.mark.parametrize("broken", [Proxy.cut, Proxy.hang])
def test_revocation_works_during_redis_outage(far: Guest, to_redis: Proxy, broken: Callable[[Proxy], None]) -> None:
    before, token, good = (far.token() for _ in range(3))
    far.logout(before)
    assert far.opens(good)
    broken(to_redis)

    began = time.monotonic()
    assert not far.opens(before)
    assert far.logout(token).status_code == 200
    assert (far.opens(token), far.opens(good)) == (False, True)
    assert far.refresh(far.token()).status_code == 200
    assert time.monotonic() - began < 10
    to_redis.restore()

    for _ in range(5):
        time.sleep(0.5)  # the circuit breaker retries meanwhile
        assert [far.opens(issued) for issued in (before, token, good)] == [False, False, True]


def test_token_is_rejected_without_both_stores(real_stack: Stack, to_redis: Proxy, build: Callable[..., Stack]) -> None:
    with Proxy.before(real_stack.settings.database_url) as to_database:
        stack = build(
            replace(
                real_stack.settings,
                redis_url=to_redis.through(real_stack.settings.redis_url),
                database_url=to_database.through(real_stack.settings.database_url),
                log_level="ERROR",
            )
        )
        ada = welcome(stack)
        good, dead = ada.token(), ada.token()
        ada.logout(dead)
        to_redis.cut()
        to_database.cut()

        for token in (good, dead):
            response = Caller(app=stack.app, subject=ada.subject, token=token).list()
            assert refused(response, 503)
            assert int(response.headers["Retry-After"]) > 0
            error(ada.logout(token), 503)
        error(ada.login(), 503)
        error(ada.refresh(good), 503)


def test_token_lifetime_follows_the_setting(build: Callable[..., Stack]) -> None:
    guest = welcome(build(Settings(database_url="memory://", token_ttl_seconds=600, log_level="ERROR")))

    claims = jwt.decode(guest.token(), options={"verify_signature": False})

    assert claims["exp"] - claims["iat"] == 600


def test_memory_store_supports_sign_in(build: Callable[..., Stack]) -> None:
    guest = welcome(build(Settings(database_url="memory://", log_level="ERROR")), role=Role.CUSTOMER)
    token = guest.refreshed(guest.token())
    assert guest.opens(token)

    guest.logout(token)

    assert not guest.opens(token)
