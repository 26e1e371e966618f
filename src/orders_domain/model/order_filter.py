"""What can be asked of the stored orders, and the shape of the answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orders_domain.errors import Refused
from orders_domain.model.money import Money
from orders_domain.model.order import Order
from orders_domain.model.status import OrderStatus
from orders_domain.model.timestamps import flaw_in_moment

LARGEST_PAGE = 1_000
MOST_SKIPPED = 100_000


@dataclass(frozen=True, slots=True)
class After:
    """Where a page begins: behind this order, in the order of the list (newest first)."""

    created_at: datetime
    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersWanted:
    """A page of the orders that every given condition holds for, newest first.

    It begins ``after`` an order, or ``skip`` orders further down; only the former costs the same wherever it lies.

    Raises:
        Refused: the limit is not 1 to 1,000, or the skip not 0 to 100,000; or a moment has no time zone.
    """

    user_id: str | None = None
    statuses: frozenset[OrderStatus] | None = None
    placed_from: datetime | None = None
    placed_before: datetime | None = None
    least: Money | None = None  # amounts, both included; orders in other currencies are left out
    most: Money | None = None
    limit: int = 100
    skip: int = 0
    after: After | None = None

    def __post_init__(self) -> None:
        for field, at in (("placed_from", self.placed_from), ("placed_before", self.placed_before)):
            if at is not None and (flaw := flaw_in_moment(at)):
                raise Refused(f"The moment {flaw}.", field=field)
        if type(self.limit) is not int or not 1 <= self.limit <= LARGEST_PAGE:
            raise Refused(f"A page has 1 to {LARGEST_PAGE} orders.", field="limit")
        if type(self.skip) is not int or not 0 <= self.skip <= MOST_SKIPPED:
            raise Refused(f"0 to {MOST_SKIPPED} orders can be skipped.", field="skip")

    def matches(self, order: Order) -> bool:
        """Whether every condition holds for the order."""
        return all(
            (
                self.user_id in (None, order.user_id),
                self.statuses is None or order.status in self.statuses,
                self.placed_from is None or order.created_at >= self.placed_from,
                self.placed_before is None or order.created_at < self.placed_before,
                self.least is None or _at_most(self.least, order.total),
                self.most is None or _at_most(order.total, self.most),
            )
        )


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


def _at_most(one: Money, other: Money) -> bool:
    return one.currency == other.currency and one.minor <= other.minor
