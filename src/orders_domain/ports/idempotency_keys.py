"""The keys under which clients send requests again."""

from datetime import datetime
from typing import Protocol

from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.order import Order


class IdempotencyKeys(Protocol):
    """The keys of one unit of work. A key is taken with the commit of what was done under it, and by nothing else."""

    def acquire(self, key: IdempotencyKey, *, at: datetime) -> None:
        """Return if nothing was done under the key in the 24 hours before; it is ours until this unit of work ends.

        While it is somebody else's, a store either refuses or waits for them to end.

        Raises:
            DuplicateRequest: the same was done; the error has the order as it was placed.
            IdempotencyKeyReused: something else was done under the key.
            RequestInProgress: another unit of work has claimed it.
            StoreUnavailable: the store is away.
        """
        ...

    def store(self, key: IdempotencyKey, order: Order) -> None:
        """Take the claimed key for the order, with the commit.

        Raises:
            StoreContention: another unit of work was quicker; this one can only be left.
            StoreUnavailable: the store is away.
        """
        ...


class IdempotencyKeyCleanup(Protocol):
    """The keys of all requests, outside any unit of work."""

    def prune(self, *, stored_before: datetime, limit: int = 1_000) -> int:
        """Delete at most ``limit`` keys that were taken before; return how many.

        Raises:
            StoreUnavailable: the store is away.
        """
        ...
