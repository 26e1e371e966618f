"""Validation of e-mail addresses, passwords and accounts."""

from typing import Any

import pytest

from orders_adapters.testing.examples import NOON
from orders_domain import Role
from orders_domain.errors import InvalidValue
from orders_domain.model.user import User, normalize_email, validate_password

NO_EMAILS = [
    "",
    " ",
    "ann",
    "@",
    "ann@",
    "@example.com",
    "ann@@example.com",
    "ann@b@example.com",
    "an n@example.com",
    "ann@exam\tple.com",
    "ann@example.com\x00",
    "ann\ud800@example.com",
    "ann\u200b@example.com",
    "ann\u202e@example.com",
    "a" * 243 + "@example.com",
    "a" * 1_000_000 + "@example.com",
]


@pytest.mark.parametrize("text", ["ann@example.com", " ANN@Example.COM\n", "Ann@EXAMPLE.com"])
def test_email_ignores_case_and_outer_spaces(text: str) -> None:
    assert normalize_email(text) == "ann@example.com"


@pytest.mark.parametrize(
    "text", ["a@b", "ann+tag@example.com", "o'neill@example.com", "łukasz@przykład.pl", "a" * 242 + "@example.com"]
)
def test_valid_email_is_accepted(text: str) -> None:
    assert normalize_email(text) == text


@pytest.mark.parametrize("text", NO_EMAILS, ids=lambda text: repr(text[:20]))
def test_invalid_email_is_rejected(text: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        normalize_email(text)

    assert refusal.value.field == "email"
    assert len(str(refusal.value)) < 150


@pytest.mark.parametrize("password", ["", "x" * 7, "x" * 1_025, "correct\x00horse", "correct \ud800 horse"])
def test_invalid_password_is_rejected(password: str) -> None:
    with pytest.raises(InvalidValue):
        validate_password(password)


@pytest.mark.parametrize("password", ["x" * 8, "x" * 1_024, "        ", "🔑🔑🔑🔑🔑🔑🔑🔑"])
def test_valid_password_is_accepted(password: str) -> None:
    validate_password(password)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": ""},
        {"id": "x" * 65},
        {"id": "a\x00"},
        {"email": "Ann@example.com"},
        {"email": "ann"},
        {"scopes": frozenset({""})},
        {"scopes": frozenset({"a b"})},
        {"scopes": frozenset({"a\n"})},
        {"scopes": frozenset({"x" * 1_001})},
        {"role": Role.SYSTEM},
    ],
    ids=str,
)
def test_invalid_account_is_rejected(wrong: dict[str, Any]) -> None:
    good: dict[str, Any] = {"id": "ann", "email": "ann@example.com", "password_hash": "$x", "created_at": NOON}
    assert User(**good).disabled is False

    with pytest.raises(InvalidValue):
        User(**good | wrong)
