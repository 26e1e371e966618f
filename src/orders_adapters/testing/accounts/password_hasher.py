"""Contract of PasswordHasher: hashes do not reveal passwords, and only the password verifies."""

import pytest

from orders_domain.ports.accounts.password_hasher import PasswordHasher

PASSWORDS = ["correct horse", "x" * 1_024, "пароль 🔑", " spaces around ", "%s\n\\"]


class PasswordHasherTests:
    """Promises of ``PasswordHasher``.

    A subclass has the fixture ``hasher``: an adapter (``PasswordHasher``).
    """

    @pytest.mark.parametrize("password", PASSWORDS, ids=lambda text: text[:10])
    def test_hash_is_salted_and_verifies_its_password(self, hasher: PasswordHasher, password: str) -> None:
        first, second = hasher.hash(password), hasher.hash(password)

        assert first != second
        assert password not in first
        assert hasher.verify(password, first)
        assert hasher.verify(password, second)
        assert not hasher.verify(f"{password}x", first)
        assert not hasher.verify(password[:-1], first)
        assert not hasher.verify("", first)

    @pytest.mark.parametrize("wrong", ["", "plain text", "$argon2id$v=19$", "$2b$12$abcdefghijklmnopqrstuv", "é"])
    def test_invalid_hash_matches_no_password(self, hasher: PasswordHasher, wrong: str) -> None:
        assert not hasher.verify("correct horse", wrong)

    def test_missing_hash_matches_no_password(self, hasher: PasswordHasher) -> None:
        assert not hasher.verify("correct horse", None)

    def test_new_hash_needs_no_rehash(self, hasher: PasswordHasher) -> None:
        assert not hasher.needs_rehash(hasher.hash("correct horse"))
