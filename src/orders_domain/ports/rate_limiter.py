"""Rate limiter port."""

from typing import Protocol


class RateLimiter(Protocol):
    """Counts attempts in windows of one minute. If the shared counter is unavailable, it counts per process."""

    def hit(self, key: str, *, limit: int) -> None:
        """Count an attempt under the key.

        Raises:
            TooManyAttempts: the attempts in this window exceed ``limit``; the error has the seconds until the next one.
        """
        ...

    def reset(self, key: str) -> None:
        """Reset the counter of the key."""
        ...
