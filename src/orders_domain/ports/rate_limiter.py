"""How often somebody may try."""

from typing import Protocol


class RateLimiter(Protocol):
    """Counts tries in windows of a minute. It never fails a caller: where nobody counts for all, the process does."""

    def hit(self, key: str, *, limit: int) -> None:
        """Count one more try under the key.

        Raises:
            TooManyAttempts: it was more than ``most`` in this window; the error says when the next one begins.
        """
        ...

    def reset(self, key: str) -> None:
        """Begin to count anew."""
        ...
