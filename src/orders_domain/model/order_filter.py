"""What can be asked of the stored orders, and the shape of the answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orders_domain.errors import InvalidValue
from orders_domain.model.money import Money
from orders_domain.model.order import Order
from orders_domain.model.status import OrderStatus
from orders_domain.model.timestamps import timestamp_error

MAX_PAGE_SIZE = 1_000
MAX_OFFSET = 100_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: behind this order, in the order of the list (newest first)."""

    created_at: datetime
    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """A page of the orders that every given condition holds for, newest first.

    It begins ``after`` an order, or ``skip`` orders further down; only the former costs the same wherever it lies.

    Raises:
        Refused: the limit is not 1 to 1,000, or the skip not 0 to 100,000; or a moment has no time zone.
    """

    user_id: str | None = None
    statuses: frozenset[OrderStatus] | None = None
    placed_from: datetime | None = None
    placed_before: datetime | None = None
    min_total: Money | None = None  # amounts, both included; orders in other currencies are left out
    max_total: Money | None = None
    limit: int = 100
    offset: int = 0
    cursor: Cursor | None = None

    def __post_init__(self) -> None:
        for field, at in (("placed_from", self.placed_from), ("placed_before", self.placed_before)):
            if at is not None and (flaw := timestamp_error(at)):
                raise InvalidValue(f"The moment {flaw}.", field=field)
        if type(self.limit) is not int or not 1 <= self.limit <= MAX_PAGE_SIZE:
            raise InvalidValue(f"A page has 1 to {MAX_PAGE_SIZE} orders.", field="limit")
        if type(self.offset) is not int or not 0 <= self.offset <= MAX_OFFSET:
            raise InvalidValue(f"0 to {MAX_OFFSET} orders can be skipped.", field="skip")

    def matches(self, order: Order) -> bool:
        """Whether every condition holds for the order."""
        return all(
            (
                self.user_id in (None, order.user_id),
                self.statuses is None or order.status in self.statuses,
                self.placed_from is None or order.created_at >= self.placed_from,
                self.placed_before is None or order.created_at < self.placed_before,
                self.min_total is None or _not_above(self.min_total, order.total),
                self.max_total is None or _not_above(order.total, self.max_total),
            )
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Some orders, and where the next page begins, if there is more."""

    orders: tuple[Order, ...]
    next_cursor: Cursor | None = None

    @classmethod
    def from_rows(cls, rows: list[Order], limit: int) -> Page:
        """Return the page of ``limit`` orders of a list that was asked for one more than that."""
        orders = tuple(rows[:limit])
        if len(rows) <= limit:
            return cls(orders)
        return cls(orders, Cursor(orders[-1].created_at, orders[-1].id))


def _not_above(one: Money, other: Money) -> bool:
    return one.currency == other.currency and one.minor <= other.minor
