"""Identity of the database in the keys of Redis, so that services with different databases share no data."""

from __future__ import annotations

from collections.abc import Callable


class DatabaseIdentity:
    """Reads the identity once in a process, and again with ``refresh``. Thread-safe.

    ``read`` returns the identity of the store, which ``orders restored`` renews.
    """

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read
        self._known = ""

    def get(self) -> str:
        """Return the identity as it was read last.

        Raises:
            StoreUnavailable: it has not been read, and the store is unavailable.
        """
        return self._known or self.refresh()

    def refresh(self) -> str:
        """Read the identity again, and return it.

        Raises:
            StoreUnavailable: the store is unavailable.
        """
        self._known = self._read()
        return self._known


def scoped(prefix: str, identity: str) -> str:
    """Return the prefix of the keys of one database; without an identity, of all that share the prefix."""
    return f"{prefix}{identity}:" if identity else prefix
