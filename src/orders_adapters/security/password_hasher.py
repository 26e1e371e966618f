"""Argon2id password hasher with OWASP's parameters: 19 MiB, two passes, one lane."""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

import argon2

from orders_domain.errors import PasswordHasherBusy
from orders_domain.ports.accounts.password_hasher import PasswordHasher

MAX_CONCURRENT = 2  # per process, because a hash takes 19 MiB and a core for 20 ms
WAIT_TIMEOUT = 2.0  # seconds
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# The hash of a discarded random password. It is verified for unknown accounts, so that they take the same time.
_DUMMY_HASH = "$argon2id$v=19$m=19456,t=2,p=1$ZuhPhijku3EXq+ZRLhsGrA$xws7DUhJTnO0zGGkutRqauscLZQ8GQYQsr+qIcYGCm0"


class Argon2PasswordHasher(PasswordHasher):
    """At most two hashes run at once. Further calls wait up to 2 s, so that sign-ins cannot occupy every thread."""

    def __init__(self) -> None:
        self._slots = threading.BoundedSemaphore(MAX_CONCURRENT)

    def hash(self, password: str) -> str:
        with self._slot():
            return _HASHER.hash(_bytes(password))

    def verify(self, password: str, password_hash: str | None) -> bool:
        with self._slot():
            try:
                return _HASHER.verify(password_hash or _DUMMY_HASH, _bytes(password)) and password_hash is not None
            except (argon2.exceptions.VerificationError, ValueError):  # wrong password or malformed hash
                return False

    def needs_rehash(self, password_hash: str) -> bool:
        return _HASHER.check_needs_rehash(password_hash)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=WAIT_TIMEOUT):
            raise PasswordHasherBusy("Too many passwords are being hashed at once.")
        try:
            yield
        finally:
            self._slots.release()


def _bytes(password: str) -> bytes:
    """Normalize characters that have two encodings, such as letters with accents."""
    return unicodedata.normalize("NFC", password).encode()
