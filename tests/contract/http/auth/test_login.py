"""POST /auth/login: a token for an e-mail address and a password, and one answer for everything else."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import argon2
import jwt
import pytest

from orders_domain import Role
from orders_flask import Settings
from orders_flask.settings import DEVELOPMENT_SECRET
from tests.contract.http.auth.door import PASSWORD, Guest, error, welcome
from tests.support.client import as_json, ask
from tests.support.servers.proxy import Proxy
from tests.support.service_stack import Stack

WRONG = "Invalid credentials"
BAD: list[object] = [
    {},
    [],
    None,
    "ann",
    {"email": "ann@example.com"},
    {"password": PASSWORD},
    {"email": None, "password": PASSWORD},
    {"email": "ann@example.com", "password": None},
    {"email": 7, "password": PASSWORD},
    {"email": "ann@example.com", "password": 12345678},
    {"email": ["ann@example.com"], "password": PASSWORD},
    {"email": {"$ne": ""}, "password": {"$ne": ""}},
    {"email": "ann@example.com", "password": True},
    {"email": "ann@example.com", "password": "a\x00b"},
    {"email": "ann\x00@example.com", "password": PASSWORD},
    {"email": "ann@example.com", "password": "\ud800"},
    {"email": "ann@example.com", "password": "x" * 1_025},
    {"email": "a" * 1_025, "password": PASSWORD},
    {"email": "ann@example.com", "password": PASSWORD, "role": "admin"},
]


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The parameters of each password that was checked meanwhile."""
    done: list[object] = []
    real = argon2.low_level.verify_secret

    def counted(encoded: bytes, secret: bytes, kind: argon2.Type) -> bool:
        done.append(argon2.extract_parameters(encoded.decode()))
        return real(encoded, secret, kind)

    monkeypatch.setattr("argon2._password_hasher.verify_secret", counted)
    return done


@pytest.mark.clause("003-09")
def test_the_right_password_gives_a_token_that_every_contract_takes(ada: Guest) -> None:
    answer = ada.login()

    assert answer.status_code == 200
    assert answer.json.keys() == {"token"}
    assert ada.opens(answer.json["token"])


@pytest.mark.clause("003-09", "003-11")
def test_the_token_is_signed_by_us_and_says_who_and_until_when(stack: Stack) -> None:
    root = welcome(stack, role=Role.ADMIN, scopes=frozenset({"orders:write"}))

    one, other = (jwt.decode(root.token(), DEVELOPMENT_SECRET, algorithms=["HS256"]) for _ in range(2))

    assert (one["sub"], one["role"], one["scope"]) == (root.subject, "admin", "orders:write")
    assert one["exp"] - one["iat"] == 3600
    assert abs(one["iat"] - time.time()) < 60
    assert one["jti"] != other["jti"]
    assert one["fam"] != other["fam"]


@pytest.mark.clause("003-09")
@pytest.mark.parametrize("spelt", [str.upper, str.title, lambda email: f"  {email}\n"])
def test_an_e_mail_address_is_the_same_in_any_case(ada: Guest, spelt: Callable[[str], str]) -> None:
    assert ada.login(email=spelt(ada.email)).status_code == 200


@pytest.mark.clause("003-09")
@pytest.mark.parametrize("way", ["password", "unknown", "no e-mail", "empty", "SQL", "disabled"])
def test_whatever_is_wrong_the_answer_and_the_work_are_the_same(ada: Guest, worked: list[object], way: str) -> None:
    wrong: dict[str, dict[str, object]] = {
        "password": {"password": "wrong horse"},
        "unknown": {"email": f"nobody-{ada.subject}@example.com"},
        "no e-mail": {"email": f"{ada.subject} is no address"},
        "empty": {"password": ""},
        "SQL": {"email": f"{ada.email}' OR '1'='1", "password": "' OR '1'='1"},
        "disabled": {},
    }
    if way == "disabled":
        ada.disable()

    answer = ada.login(**wrong[way])

    assert error(answer, 401) == WRONG
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert len(worked) == 1
    assert worked[0] == argon2.extract_parameters(argon2.PasswordHasher(2, 19 * 1024, 1).hash("x"))


@pytest.mark.clause("003-09")
@pytest.mark.parametrize("body", BAD, ids=lambda body: str(body)[:40])
def test_a_body_that_cannot_be_is_a_bad_request_that_costs_no_work(
    ada: Guest, worked: list[object], body: object
) -> None:
    error(ada.post("/auth/login", body), 400)

    assert worked == []


@pytest.mark.parametrize("path", ["/auth/login", "/auth/refresh"])
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"data": b"{", "content_type": "application/json"}, 400),
        ({"data": b"\xff", "content_type": "application/json"}, 400),
        ({"data": b'{"email": "a", "email": "b"}', "content_type": "application/json"}, 400),
        ({"data": b"email=a&password=b", "content_type": "application/x-www-form-urlencoded"}, 415),
        ({"data": b"[" * 100_000, "content_type": "application/json"}, 400),
        ({}, 415),
        (as_json({"email": "ann@example.com", "password": "x" * 10_000_000}), 413),
    ],
    ids=str,
)
def test_what_is_no_json_of_ours_is_refused_in_the_contract_s_words(
    stack: Stack, path: str, sent: dict[str, Any], status: int
) -> None:
    error(ask(stack.app, "POST", path, **sent), status)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/auth/login", 405), ("POST", "/auth/signup", 404)])
def test_what_there_is_not_is_refused_in_the_contract_s_words(
    stack: Stack, method: str, path: str, status: int
) -> None:
    error(ask(stack.app, method, path), status)


@pytest.mark.parametrize("known", [True, False])
def test_an_account_can_be_tried_ten_times_a_minute_whether_it_exists_or_not(
    ada: Guest, worked: list[object], known: bool
) -> None:
    email = ada.email if known else f"nobody-{ada.subject}@example.com"
    for _ in range(10):
        error(ada.login(email=email, password="wrong horse"), 401)

    answers = [ada.login(email=spelling) for spelling in (email, email.upper(), f" {email}")]

    for answer in answers:
        assert error(answer, 429) == "Too many attempts; please try again later."
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert len(worked) == 10


def test_who_knows_the_password_may_sign_in_often(ada: Guest) -> None:
    assert [ada.login().status_code for _ in range(15)] == [200] * 15


def test_one_address_may_try_a_hundred_times_a_minute(ada: Guest) -> None:
    stranger = replace(ada, address="203.0.113.77")
    for number in range(100):
        error(stranger.login(email=f"{number}-{ada.email}", password="wrong horse"), 401)

    error(stranger.login(), 429)

    assert ada.login().status_code == 200


def test_a_network_of_ipv6_counts_as_one_address(ada: Guest) -> None:
    def seen_from(number: int) -> int:
        neighbour = replace(ada, address=f"2001:db8:7:9::{number:x}")
        return neighbour.login(email=f"{number}-{ada.email}", password="wrong horse").status_code

    assert [seen_from(number) for number in range(101)] == [401] * 100 + [429]


def test_behind_proxies_the_one_who_asks_is_counted(build: Callable[..., Stack]) -> None:
    stack = build(Settings(log_level="ERROR", trusted_proxies=1))

    def status(client: str, number: int) -> int:
        body = {"email": f"{number}-{client}@example.com", "password": "wrong horse"}
        said = {"X-Forwarded-For": f"6.6.6.{number}, {client}"}
        return ask(stack.app, "POST", "/auth/login", headers=said, **as_json(body)).status_code

    assert [status("203.0.113.1", number) for number in range(101)] == [401] * 100 + [429]
    assert status("203.0.113.2", 1) == 401


@pytest.mark.parametrize("broken", [Proxy.cut, Proxy.hang])
def test_without_redis_each_process_counts_for_itself(
    far_from_redis: Stack, to_redis: Proxy, broken: Callable[[Proxy], None]
) -> None:
    guest = welcome(far_from_redis)
    broken(to_redis)

    began = time.monotonic()
    statuses = [guest.login(password="wrong horse").status_code for _ in range(11)]

    assert statuses == [401] * 10 + [429]
    assert time.monotonic() - began < 11


@pytest.mark.parametrize("path", ["/auth/login", "/auth/refresh"])
def test_where_an_identity_provider_signs_nobody_signs_in_here(build: Callable[..., Stack], path: str) -> None:
    settings = Settings(log_level="ERROR", jwt_jwks_url="http://127.0.0.1:1/keys", database_url="memory://")
    stack = build(settings)

    body = {"email": "a@b", "password": "x"} if path == "/auth/login" else {"token": "x"}
    answer = ask(stack.app, "POST", path, **as_json(body))

    assert error(answer, 404) == "Tokens come from the identity provider."


def test_a_hash_of_weaker_parameters_is_made_anew_at_the_next_sign_in(stack: Stack, ada: Guest) -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    stack.rows(f"UPDATE users SET password_hash = '{weak}' WHERE id = '{ada.subject}'")

    ada.token()

    ((kept,),) = stack.rows(f"SELECT password_hash FROM users WHERE id = '{ada.subject}'")
    assert argon2.extract_parameters(kept).memory_cost == 19 * 1024
    assert ada.token()


def test_no_table_has_a_password_or_a_token(stack: Stack, ada: Guest) -> None:
    token = ada.token()
    ada.logout(ada.refreshed(token))

    kept = repr(stack.everything())

    assert PASSWORD not in kept
    assert token not in kept
    assert token.split(".")[2] not in kept
