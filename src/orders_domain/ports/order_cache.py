"""Orders kept at hand. The cache can be wrong only by being empty."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from orders_domain.model.order import Order


class OrderCache(Protocol):
    """A cache that never fails a caller: a broken one is an empty one, and costs its short time-out at most."""

    def get(self, order_id: UUID) -> Order | None:
        """Return the order as it was put, or None. Nothing older than 300 s is returned (clause 000-19)."""
        ...

    def prefetch(self, order_id: UUID | None) -> None:
        """Read the order along with this thread's next question to the cache's server, so that ``get`` costs none.

        None: this thread will not read an order; an earlier prefetch is forgotten.
        """
        ...

    def put(self, order: Order) -> None:
        """Keep a copy of the order, unless a later version was put or announced by ``invalidate``."""
        ...

    def invalidate(self, versions: Mapping[UUID, int]) -> bool:
        """Forget every copy older than the order's version named, now and in any ``put`` to come; say if it was heard.

        False means that the cache could not be reached and has to be told again.
        """
        ...
