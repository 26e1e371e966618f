"""Validation of e-mail addresses, passwords and accounts."""

from typing import Any

import pytest

from orders_adapters.idna.email_normalizer import normalize_email
from orders_adapters.testing.accounts.email_normalizer import EmailNormalizerTests
from orders_adapters.testing.examples import NOON
from orders_domain import Role
from orders_domain.errors import InvalidValue
from orders_domain.model.accounts.user import User, validate_password
from orders_domain.ports.accounts.email_normalizer import EmailNormalizer
from tests.support.cases import each_case


class TestIdnaEmailNormalizer(EmailNormalizerTests):
    @pytest.fixture
    def normalize(self) -> EmailNormalizer:
        return normalize_email


@pytest.mark.parametrize("password", ["", "x" * 7, "x" * 1_025, "correct\x00horse", "correct \ud800 horse"])
def test_invalid_password_is_rejected(password: str) -> None:
    with pytest.raises(InvalidValue):
        validate_password(password)


@pytest.mark.parametrize("password", ["x" * 8, "x" * 1_024, "        ", "🔑🔑🔑🔑🔑🔑🔑🔑"])
def test_valid_password_is_accepted(password: str) -> None:
    validate_password(password)


@each_case(
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
)
def test_invalid_account_is_rejected(wrong: dict[str, Any]) -> None:
    good: dict[str, Any] = {"id": "ann", "email": "ann@example.com", "password_hash": "$x", "created_at": NOON}
    assert User(**good).disabled is False

    with pytest.raises(InvalidValue):
        User(**good | wrong)
