"""Order queries: filter, cursor and page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING
from uuid import UUID

from orders_domain.errors import InvalidValue
from orders_domain.model.life.axes import FulfillmentStatus, PaymentStatus
from orders_domain.model.life.changes import fulfillment_status, payment_status
from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.model.search.order_words import order_words
from orders_domain.model.search.search_text import SearchText
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.money import Money
from orders_domain.model.values.timestamps import timestamp_error

if TYPE_CHECKING:
    from orders_domain.model.search.order_summary import OrderSummary

MAX_PAGE_SIZE = 1_000
MAX_PAGE_BYTES = 4 * 1024 * 1024
"""A page ends before the order with which its items would exceed this size, but has at least one order."""
LINE_BYTES = 65
"""The least that an item counts, because lists show its fields; so a page has room for 64 orders of 1,000 items."""
BATCH_SIZE = 100
"""The orders that a store reads at once, because their items may be large."""
MAX_OFFSET = 100_000


class Sort(Enum):
    """The order of a list: by the moment, then by the id in the same direction."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    LAST_UPDATED = "-updated_at"
    FIRST_UPDATED = "updated_at"

    @property
    def field(self) -> str:
        return self.value.removeprefix("-")

    @property
    def is_descending(self) -> bool:
        return self.value.startswith("-")

    def key(self, order: Order | OrderSummary) -> tuple[datetime, UUID]:
        moment: datetime = getattr(order, self.field)
        return moment, order.id


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last order before a page, in the order of the list; the moment is that of the list's ``Sort``."""

    created_at: datetime
    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Selects a page of the orders that match every given condition, newest first.

    The page begins after ``cursor``, or after ``offset`` orders. Only the cost of a cursor does not grow with its
    position.

    Raises:
        InvalidValue: the limit is not 1 to 1,000, the offset is not 0 to 100,000, or a timestamp has no time zone.
    """

    user_id: str | None = None
    statuses: frozenset[OrderStatus] | None = None
    placed_from: datetime | None = None
    placed_before: datetime | None = None
    min_total: Money | None = None  # inclusive, like max_total; orders in other currencies do not match
    max_total: Money | None = None
    limit: int = 100
    offset: int = 0
    cursor: Cursor | None = None
    origin: Origin | None = None
    payment_status: PaymentStatus | None = None
    fulfillment_status: FulfillmentStatus | None = None
    is_held: bool | None = None
    source: str | None = None
    reference: str | None = None
    tag: str | None = None
    sku: str | None = None  # of a product of the catalogue; ``matches`` leaves it to the store
    updated_since: datetime | None = None
    updated_before: datetime | None = None
    currency: str | None = None
    search: SearchText | None = None
    sort: Sort = Sort.NEWEST

    def __post_init__(self) -> None:
        for field, at in (
            ("placed_from", self.placed_from),
            ("placed_before", self.placed_before),
            ("updated_since", self.updated_since),
            ("updated_before", self.updated_before),
        ):
            if at is not None and (error := timestamp_error(at)):
                raise InvalidValue(f"The timestamp {error}.", field=field)
        if type(self.limit) is not int or not 1 <= self.limit <= MAX_PAGE_SIZE:
            raise InvalidValue(f"A page must have 1 to {MAX_PAGE_SIZE} orders.", field="limit")
        if type(self.offset) is not int or not 0 <= self.offset <= MAX_OFFSET:
            raise InvalidValue(f"The number of orders to skip must be from 0 to {MAX_OFFSET}.", field="offset")

    def matches(self, order: Order) -> bool:
        """Return whether the order matches every condition except the position of the page."""
        return all(
            (
                self.user_id in (None, order.user_id),
                self.statuses is None or order.status in self.statuses,
                self.placed_from is None or order.created_at >= self.placed_from,
                self.placed_before is None or order.created_at < self.placed_before,
                self.min_total is None or _not_above(self.min_total, order.total),
                self.max_total is None or _not_above(order.total, self.max_total),
                self._matches_life(order),
            )
        )

    def _matches_life(self, order: Order) -> bool:
        return all(
            (
                self.origin in (None, order.origin),
                self.payment_status in (None, payment_status(order)),
                self.fulfillment_status in (None, fulfillment_status(order)),
                self.is_held in (None, order.life.hold is not None),
                self.source in (None, order.source),
                self.reference in (None, order.reference),
                self.tag is None or self.tag in order.life.tags,
                self.updated_since is None or order.updated_at >= self.updated_since,
                self.updated_before is None or order.updated_at < self.updated_before,
                self.currency in (None, order.total.currency),
                self.search is None or self.search.matches(order_words(order)),
            )
        )


@dataclass(frozen=True, slots=True)
class Page:
    """A page of orders, and the cursor of the next page if there is one.

    ``is_cut`` tells that the page has fewer orders than its limit, because of their size, and that more follow.
    """

    orders: tuple[Order, ...]
    next_cursor: Cursor | None = None
    is_cut: bool = False

    @classmethod
    def from_rows(cls, rows: Iterable[Order], limit: int, sort: Sort = Sort.NEWEST) -> Page:
        """Return a page of at most ``limit`` orders; a further row only shows that there is a next page.

        Rows beyond the first that ``MAX_PAGE_BYTES`` excludes are not read.
        """
        taken: list[Order] = []
        size, more = 0, False
        for row in rows:
            if more := len(taken) == limit:
                break
            size += max(row.content_size(), LINE_BYTES * (len(row.items) + len(row.lines)))
            if more := bool(taken) and size > MAX_PAGE_BYTES:
                break
            taken.append(row)
        orders = tuple(taken)
        if not more:
            return cls(orders)
        return cls(orders, Cursor(*sort.key(orders[-1])), is_cut=len(orders) < limit)


@dataclass(frozen=True, slots=True)
class SummaryPage:
    """A page of summaries, and the cursor of the next page if there is one. The limit alone bounds its size."""

    orders: tuple[OrderSummary, ...]
    next_cursor: Cursor | None = None

    @classmethod
    def from_rows(cls, rows: Sequence[OrderSummary], limit: int, sort: Sort = Sort.NEWEST) -> SummaryPage:
        """Return a page of at most ``limit`` orders; a further row only shows that there is a next page."""
        orders = tuple(rows[:limit])
        return cls(orders, Cursor(*sort.key(orders[-1])) if len(rows) > limit else None)


def _not_above(lower: Money, upper: Money) -> bool:
    return lower.currency == upper.currency and lower.minor <= upper.minor
