"""Order cache port. A cache may miss an order, but never returns a stale one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from orders_domain.model.order import Order

MAX_COPY_BYTES = 128 * 1024
"""Size of the largest copy in bytes; larger orders are read from the store."""
COPIES = 50
"""Copies that are read at once, so that they need a few megabytes at most."""


class OrderCache(Protocol):
    """A cache that never raises: if it is unavailable, every read is a miss, after a short timeout."""

    def get(self, order_id: UUID) -> Order | None:
        """Return the cached order, or None. Entries expire after 300 s (clause 000-19)."""
        ...

    def prefetch(self, order_id: UUID | None) -> None:
        """Read the order with this thread's next request to the cache server, so that ``get`` needs no round trip.

        None cancels an earlier prefetch.
        """
        ...

    def put(self, order: Order) -> None:
        """Cache the order, unless a later version was cached or passed to ``invalidate``.

        A copy of more than ``MAX_COPY_BYTES`` is not cached, and copies of older versions are deleted.
        """
        ...

    def invalidate(self, versions: Mapping[UUID, int]) -> bool:
        """Delete cached orders older than the given versions, and reject them in later calls of ``put``.

        Return False if the cache is unavailable; the caller must then retry.
        """
        ...

    def copies(self) -> Iterator[Sequence[Order]]:
        """Yield all cached orders in batches of at most ``COPIES``, if the cache is available.

        One that is added or replaced meanwhile may be missing, or be yielded again.
        """
        ...
