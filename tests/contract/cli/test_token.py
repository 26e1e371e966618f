"""orders token"""

import time
from pathlib import Path

import jwt
import pytest
from dotenv import dotenv_values

from orders_adapters.security.tokens import JwtTokenVerifier, shared_secret
from orders_domain import Actor, Role
from tests.support.command import assert_error_line, orders
from tests.support.production import PRODUCTION

SECRET = "a-secret-of-thirty-two-bytes-or-more"


def test_printed_token_is_accepted(tmp_path: Path) -> None:
    printed = orders("token", "ann", "--role", "admin", "--scope", "a:b", "--scope", "c", "--hours", "2", here=tmp_path)

    token = printed.stdout.strip()
    assert (printed.returncode, printed.stderr) == (0, "")
    (file,) = tmp_path.iterdir()
    secret = dotenv_values(file)["JWT_SECRET"] or ""
    actor = JwtTokenVerifier(shared_secret(secret), algorithm="HS256")(token)
    assert actor == Actor(subject="ann", role=Role.ADMIN, scopes=frozenset({"a:b", "c"}))
    expires = jwt.decode(token, options={"verify_signature": False})["exp"]
    assert abs(expires - time.time() - 2 * 3600) < 60
    assert file.name == "orders.db.secrets"


def test_token_follows_the_settings(tmp_path: Path) -> None:
    printed = orders("token", "ann", here=tmp_path, JWT_SECRET=SECRET, JWT_ISSUER="us", JWT_AUDIENCE="shop")

    identity = JwtTokenVerifier(shared_secret(SECRET), algorithm="HS256", issuer="us", audience="shop")
    assert identity(printed.stdout.strip()).subject == "ann"


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"ORDERS_ENV": "production"}, "JWT_SECRET"),
        (PRODUCTION, "production"),
        ({"JWT_JWKS_URL": "https://keys.example/jwks.json"}, "public key"),
        ({"JWT_JWKS_URL": "https://keys.example/jwks.json", "JWT_ALGORITHM": "EdDSA"}, "EdDSA"),
        ({"JWT_SECRET": "short"}, "JWT_SECRET"),
    ],
)
def test_unsafe_settings_issue_no_token(tmp_path: Path, settings: dict[str, str], word: str) -> None:
    assert_error_line(orders("token", "ann", here=tmp_path, **settings), word)


@pytest.mark.parametrize("subject", ["", "a" * 256])
def test_invalid_subject_is_rejected(tmp_path: Path, subject: str) -> None:
    assert_error_line(orders("token", subject, here=tmp_path), "255 characters")


@pytest.mark.parametrize("arguments", [[], ["ann", "--role", "wizard"], ["ann", "--hours", "0"], ["ann", "bob"]])
def test_invalid_arguments_are_a_usage_error(tmp_path: Path, arguments: list[str]) -> None:
    assert orders("token", *arguments, here=tmp_path).returncode == 2
