"""What can be asked of the stored orders, and the shape of the answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orders_domain.errors import Refused
from orders_domain.order import Order

LARGEST_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class After:
    """Where a page begins: behind this order, in the order of the list (newest first)."""

    created_at: datetime
    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersOf:
    """A page of one user's orders, newest first.

    Raises:
        Refused: the limit is not 1 to 1,000.
    """

    user_id: str
    limit: int = 100
    after: After | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= LARGEST_PAGE:
            raise Refused(f"A page has 1 to {LARGEST_PAGE} orders.", field="limit")


@dataclass(frozen=True, slots=True)
class Page:
    """Some orders, and where the next page begins, if there is more."""

    orders: tuple[Order, ...]
    more_after: After | None = None

    @classmethod
    def cut(cls, found: list[Order], limit: int) -> Page:
        """Return the page of ``limit`` orders of a list that was asked for one more than that."""
        orders = tuple(found[:limit])
        if len(found) <= limit:
            return cls(orders)
        return cls(orders, After(orders[-1].created_at, orders[-1].id))
