"""What becomes of a password: a hash that tells nobody what it was."""

from typing import Protocol


class PasswordHasher(Protocol):
    """Hashing is slow on purpose, and a process does little of it at once.

    ``hash`` and ``verify`` raise PasswordHasherBusy where their turn does not come soon.
    """

    def hash(self, password: str) -> str:
        """Return a hash to be kept; another one each time."""
        ...

    def verify(self, password: str, password_hash: str | None) -> bool:
        """Say whether the hash is of the password. Without a hash the answer is no, after the same work."""
        ...

    def needs_rehash(self, password_hash: str) -> bool:
        """Say whether the hash was made with other parameters than today's."""
        ...
