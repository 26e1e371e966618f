"""Inbox port: deduplicates incoming messages."""

from datetime import datetime
from typing import Protocol

MAX_MESSAGE_ID_LENGTH = 255


class Inbox(Protocol):
    """The messages of one unit of work. A message is recorded in the transaction of its effects."""

    def record(self, message_id: str, *, scope: str, at: datetime) -> bool:
        """Record the message; return False if it was already recorded in the same scope.

        If another unit of work has recorded it and is still open, a store waits for it to end.

        Raises:
            StoreUnavailable: the store is unavailable.
        """
        ...


class InboxCleanup(Protocol):
    """Deletes old messages of all scopes, outside any unit of work."""

    def prune(self, *, recorded_before: datetime, limit: int = 1_000) -> int:
        """Delete at most ``limit`` messages recorded before the time; return their number.

        Raises:
            StoreUnavailable: the store is unavailable.
        """
        ...
