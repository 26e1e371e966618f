"""Idempotency key port: repository of the keys of processed requests."""

from datetime import datetime
from typing import Protocol

from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.order import Order


class IdempotencyKeys(Protocol):
    """The keys of one unit of work. A key is stored with the commit of its order, in the same transaction."""

    def acquire(self, key: IdempotencyKey, *, at: datetime) -> None:
        """Lock the key until this unit of work ends, if no request was processed with it in the last 24 hours.

        If another unit of work holds the lock, a store either raises RequestInProgress or waits for it.

        Raises:
            DuplicateRequest: the same request was processed; the error has the order in its initial state.
            IdempotencyKeyReused: a different request was processed with the key.
            RequestInProgress: another unit of work holds the lock.
            StoreUnavailable: the store is unavailable.
        """
        ...

    def store(self, key: IdempotencyKey, order: Order, *, at: datetime | None = None) -> None:
        """Store the acquired key and its order, with the commit.

        ``at`` is the time of the request, by default that of the order.

        Raises:
            StoreContention: another unit of work stored the key first; this one must be rolled back.
            StoreUnavailable: the store is unavailable.
        """
        ...


class IdempotencyKeyCleanup(Protocol):
    """Deletes the expired keys of all requests, outside any unit of work."""

    def prune(self, *, stored_before: datetime, limit: int = 1_000) -> int:
        """Delete at most ``limit`` keys stored before the time; return their number.

        Raises:
            StoreUnavailable: the store is unavailable.
        """
        ...
