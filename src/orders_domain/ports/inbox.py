"""The messages that came in, and were dealt with."""

from datetime import datetime
from typing import Protocol

MAX_MESSAGE_ID_LENGTH = 255


class Inbox(Protocol):
    """The messages of one unit of work. One is noted with the commit of what was done about it, and by nothing else."""

    def record(self, message_id: str, *, scope: str, at: datetime) -> bool:
        """Note the message; say whether it is new: False where it was noted before, in the same scope.

        While another unit of work has noted it and not ended, a store waits for that to end.

        Raises:
            StoreUnavailable: the store is away.
        """
        ...


class InboxCleanup(Protocol):
    """The messages of all scopes, outside any unit of work."""

    def prune(self, *, recorded_before: datetime, limit: int = 1_000) -> int:
        """Forget at most ``limit`` messages noted before; return how many.

        Raises:
            StoreUnavailable: the store is away.
        """
        ...
