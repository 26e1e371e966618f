"""Fixtures of /auth: a new account for each test, and cheap or counted password hashing."""

import argon2
import pytest

from orders_adapters.security import password_hasher
from tests.contract.http.auth.accounts import Guest, welcome
from tests.support.service_stack import Stack


@pytest.fixture
def ada(stack: Stack) -> Guest:
    return welcome(stack)


@pytest.fixture
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords in a fraction of a millisecond, because most tests do not test hashing."""
    cheap = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(password_hasher, "_HASHER", cheap)
    monkeypatch.setattr(password_hasher, "_DUMMY_HASH", cheap.hash("a password that nobody knows"))


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The parameters of each password hash that was verified during the test."""
    done: list[object] = []
    real = argon2.low_level.verify_secret

    def counted(encoded: bytes, secret: bytes, kind: argon2.Type) -> bool:
        done.append(argon2.extract_parameters(encoded.decode()))
        return real(encoded, secret, kind)

    monkeypatch.setattr("argon2._password_hasher.verify_secret", counted)
    return done
