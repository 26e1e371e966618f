"""Password hasher port."""

from typing import Protocol


class PasswordHasher(Protocol):
    """Hashing is slow by design, so a process limits the number of concurrent hashes.

    ``hash`` and ``verify`` raise PasswordHasherBusy if they cannot start soon.
    """

    def hash(self, password: str) -> str:
        """Return a salted hash; it differs at each call."""
        ...

    def verify(self, password: str, password_hash: str | None) -> bool:
        """Return whether the hash matches the password. Without a hash return False after the same work."""
        ...

    def needs_rehash(self, password_hash: str) -> bool:
        """Return whether the hash was created with other than the current parameters."""
        ...
