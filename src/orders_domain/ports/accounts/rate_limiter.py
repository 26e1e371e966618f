"""Rate limiter port."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A number of attempts in a window of seconds, which begins with the first attempt."""

    attempts: int
    seconds: int


class RateLimiter(Protocol):
    """Counts attempts by key, and remembers keys. If the shared store is unavailable, each process has its own."""

    def hit(self, key: str, *, limit: RateLimit) -> None:
        """Count an attempt under the key, which always has the same limit.

        Raises:
            TooManyAttempts: the attempts in this window exceed the limit; the error has the seconds until the next one.
        """
        ...

    def reset(self, key: str) -> None:
        """Reset the counter of the key."""
        ...

    def remember(self, key: str, *, seconds: int) -> None:
        """Remember the key for a time, which begins anew with each call. Attempts do not displace it."""
        ...

    def remembers(self, key: str) -> bool:
        """Return whether the key is remembered."""
        ...
