"""Validation of e-mail addresses, passwords and accounts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_adapters.idna.email_normalizer import normalize_email
from orders_adapters.testing.examples import NOON
from orders_domain import Role
from orders_domain.errors import InvalidValue
from orders_domain.model.accounts.user import User, validate_password

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
    "ann@b\u00fcro_x.example",
    "ann@\u2028.example",
    "ann@exam\uff20ple.com",
    "a" * 243 + "@example.com",
    "a" * 1_000_000 + "@example.com",
]


@pytest.mark.parametrize("text", ["ann@example.com", " ANN@Example.COM\n", "Ann@EXAMPLE.com"])
def test_email_ignores_case_and_outer_spaces(text: str) -> None:
    assert normalize_email(text) == "ann@example.com"


@pytest.mark.parametrize(
    "text",
    ["a@b", "ann+tag@example.com", "o'neill@example.com", "łukasz@xn--przykad-rjb.pl", "a" * 242 + "@example.com"],
)
def test_valid_email_is_accepted(text: str) -> None:
    assert normalize_email(text) == text


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("Jose\u0301@example.com", "jos\u00e9@example.com"),
        ("ann@Przyk\u0142ad.PL", "ann@xn--przykad-rjb.pl"),
        ("ann@B\u0075\u0308cher.example", "ann@xn--bcher-kva.example"),
        ("ann@b\u00fccher\u3002example", "ann@xn--bcher-kva.example"),
        ("ann@XN--BCHER-KVA.example", "ann@xn--bcher-kva.example"),
        ("ann@stra\u00dfe.example", "ann@xn--strae-oqa.example"),
        ("\u0130@example.com", "i\u0307@example.com"),
    ],
)
def test_spellings_of_an_email_are_normalized(text: str, normalized: str) -> None:
    assert normalize_email(text) == normalized


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_normalized_email_stays_the_same(name: str, domain: str) -> None:
    try:
        normalized = normalize_email(f"{name}@{domain}")
    except InvalidValue:
        return

    assert normalize_email(normalized) == normalized
    assert User(id="ann", email=normalized, password_hash="$x", created_at=NOON).email == normalized


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
        {"id": "x" * 256},
        {"id": "a\x00"},
        {"email": "Ann@example.com"},
        {"email": "jose\u0301@example.com"},
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
