"""POST /auth/login: a token for a valid e-mail address and password, and one response for all failures."""

import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import argon2
import jwt
import pytest

from orders_domain import Role
from orders_flask import Settings
from tests.contract.http.auth.accounts import PASSWORD, Guest, error, welcome
from tests.support.client import as_json, ask
from tests.support.secrets import JWT_SECRET
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


@pytest.mark.clause("003-09")
def test_valid_password_yields_accepted_token(ada: Guest) -> None:
    response = ada.login()

    assert response.status_code == 200
    assert response.json.keys() == {"token"}
    assert ada.opens(response.json["token"])


@pytest.mark.clause("003-09", "003-11")
def test_token_has_signature_claims_and_expiry(stack: Stack) -> None:
    root = welcome(stack, role=Role.ADMIN, scopes=frozenset({"orders:write"}))

    first, second = (jwt.decode(root.token(), JWT_SECRET, algorithms=["HS256"]) for _ in range(2))

    assert (first["sub"], first["role"], first["scope"]) == (root.subject, "admin", "orders:write")
    assert first["exp"] - first["iat"] == 3600
    assert abs(first["iat"] - time.time()) < 60
    assert first["jti"] != second["jti"]
    assert first["fam"] != second["fam"]


@pytest.mark.clause("003-09")
@pytest.mark.parametrize("spelt", [str.upper, str.title, lambda email: f"  {email}\n"])
def test_email_address_is_case_insensitive(ada: Guest, spelt: Callable[[str], str]) -> None:
    assert ada.login(email=spelt(ada.email)).status_code == 200


@pytest.mark.clause("003-09")
@pytest.mark.parametrize("way", ["password", "unknown", "no e-mail", "empty", "SQL", "disabled"])
def test_failed_logins_are_indistinguishable(ada: Guest, worked: list[object], way: str) -> None:
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

    response = ada.login(**wrong[way])

    assert error(response, 401) == WRONG
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert len(worked) == 1
    assert worked[0] == argon2.extract_parameters(argon2.PasswordHasher(2, 19 * 1024, 1).hash("x"))


@pytest.mark.clause("003-09")
@pytest.mark.parametrize("body", BAD, ids=lambda body: str(body)[:40])
def test_invalid_body_is_400_before_hashing(ada: Guest, worked: list[object], body: object) -> None:
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
        ({"data": b"[" * 16_000, "content_type": "application/json"}, 400),
        ({}, 415),
        (as_json({"email": "ann@example.com", "password": "x" * 10_000_000}), 413),
    ],
    ids=str,
)
def test_unreadable_body_is_contract_error(stack: Stack, path: str, sent: dict[str, Any], status: int) -> None:
    error(ask(stack.app, "POST", path, **sent), status)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/auth/login", 405), ("POST", "/auth/signup", 404)])
def test_unknown_route_is_contract_error(stack: Stack, method: str, path: str, status: int) -> None:
    error(ask(stack.app, method, path), status)


@pytest.mark.parametrize("path", ["/auth/login", "/auth/refresh"])
def test_login_with_external_issuer_is_404(build: Callable[..., Stack], path: str) -> None:
    settings = Settings(log_level="ERROR", jwt_jwks_url="http://127.0.0.1:1/keys", database_url="memory://")
    stack = build(settings)

    body = {"email": "a@b", "password": "x"} if path == "/auth/login" else {"token": "x"}
    response = ask(stack.app, "POST", path, **as_json(body))

    assert error(response, 404) == "Sign-in is disabled. Request a token from the identity provider."


def test_weak_hash_is_upgraded_at_login(stack: Stack, ada: Guest) -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    stack.rows(f"UPDATE users SET password_hash = '{weak}' WHERE id = '{ada.subject}'")

    ada.token()

    ((password_hash,),) = stack.rows(f"SELECT password_hash FROM users WHERE id = '{ada.subject}'")
    assert argon2.extract_parameters(password_hash).memory_cost == 19 * 1024
    assert ada.token()


def test_tables_contain_no_password_or_token(stack: Stack, ada: Guest) -> None:
    token = ada.token()
    ada.logout(ada.refreshed(token))

    stored = repr(stack.contents())

    assert PASSWORD not in stored
    assert token not in stored
    assert token.split(".")[2] not in stored


@pytest.mark.parametrize("path", ["/auth/login", "/auth/refresh"])
@pytest.mark.parametrize("chunked", [False, True])
def test_long_body_of_a_stranger_is_not_parsed(stack: Stack, path: str, chunked: bool) -> None:
    body = b"[" + b"1E300," * 170_000 + b"1]"
    sent = {"input_stream": BytesIO(body), "environ_overrides": {"wsgi.input_terminated": True}}

    began = time.process_time()
    response = ask(stack.app, "POST", path, content_type="application/json", **(sent if chunked else {"data": body}))
    spent = time.process_time() - began

    error(response, 413)
    assert spent < 0.1


@pytest.mark.parametrize("path", ["/auth/login", "/auth/refresh"])
def test_body_of_16_kib_is_parsed(stack: Stack, path: str) -> None:
    fits, too_long = (b" " * size for size in (16 * 1024 - 2, 16 * 1024 - 1))

    assert ask(stack.app, "POST", path, content_type="application/json", data=b"{}" + fits).status_code == 400
    assert ask(stack.app, "POST", path, content_type="application/json", data=b"{}" + too_long).status_code == 413
