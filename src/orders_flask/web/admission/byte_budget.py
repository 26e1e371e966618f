"""Byte budget: bounds the memory that all clients together occupy, whatever their number."""

import asyncio
from types import TracebackType
from typing import Self


class ByteBudget:
    """A bound on the bytes of all shares. When it is exceeded, the oldest share that waits for its client is evicted.

    So a client that stops halfway loses its place to those that go on; a stopped one cannot exclude them.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._shares: dict[Share, None] = {}  # oldest first
        self.used = 0

    def share(self) -> "Share":
        return Share(self)

    def add(self, share: "Share") -> None:
        self._shares[share] = None

    def remove(self, share: "Share") -> None:
        self.used -= share.size
        self._shares.pop(share, None)

    def evict(self) -> None:
        for share in [share for share in self._shares if share.is_waiting]:
            if self.used <= self._limit:
                return
            share.evict()


class Share:
    """The bytes that one request holds, inside ``with``. ``evicted`` tells that the budget has taken them back."""

    def __init__(self, budget: ByteBudget) -> None:
        self._budget = budget
        self._timeout: asyncio.Timeout | None = None
        self.size = 0
        self.evicted = False

    def __enter__(self) -> Self:
        self._budget.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._budget.remove(self)

    def grow(self, size: int) -> None:
        """Add bytes; other shares may be evicted for them, or this one if it is the oldest that waits."""
        if self.evicted:
            return
        self.size += size
        self._budget.used += size
        self._budget.evict()

    def shrink(self, size: int) -> None:
        """Remove bytes that the request no longer holds."""
        if not self.evicted:
            self.size -= size
            self._budget.used -= size

    def wait_at_most(self, seconds: float) -> asyncio.Timeout:
        """Return the context manager in which the request waits for its client.

        Raises:
            TimeoutError: the time is over, or the share was evicted; raised at the end of the context.
        """
        self._timeout = asyncio.timeout(seconds)
        return self._timeout

    @property
    def is_waiting(self) -> bool:
        return self._timeout is not None and not self.evicted

    def wait_no_longer(self) -> None:
        """Keep the bytes until the end, because they are needed and no longer depend on the client."""
        self._timeout = None

    def evict(self) -> None:
        self.evicted = True
        self._budget.remove(self)
        self.size = 0
        if self._timeout is not None and not self._timeout.expired():
            self._timeout.reschedule(0)
