"""What was ordered in a period: figures for administrators (clause 002-31; docs/decisions/0010)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, time, timedelta
from decimal import Decimal
from enum import Enum

from orders_domain.errors import InvalidValue
from orders_domain.model.currencies import MINOR_UNIT_DIGITS
from orders_domain.model.money import to_major_units
from orders_domain.model.product import ProductId
from orders_domain.model.status import OrderStatus
from orders_domain.model.timestamps import timestamp_error

MAX_BUCKETS = 366
MAX_PRODUCTS = 10
DEFAULT_PERIOD_DAYS = 30
_DAY = timedelta(days=1)


class Bucket(Enum):
    """What a series counts by: days of UTC, weeks from Monday, months."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def start(self, moment: datetime) -> datetime:
        """Return the first moment of the bucket that the moment lies in."""
        day = datetime.combine(moment.astimezone(UTC).date(), time(), UTC)
        if self is Bucket.WEEK:
            return day - day.weekday() * _DAY
        return day.replace(day=1) if self is Bucket.MONTH else day

    def next_start(self, start: datetime) -> datetime:
        """Return the first moment of the bucket behind the one that begins at ``start``."""
        return self.start(start + {Bucket.DAY: 1, Bucket.WEEK: 7, Bucket.MONTH: 31}[self] * _DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From a moment up to, and without, another; only orders in the currency count.

    Raises:
        Refused: it ends before it begins, lies beyond the calendar, or has more than 366 buckets.
    """

    since: datetime
    before: datetime
    bucket: Bucket
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in MINOR_UNIT_DIGITS:
            raise InvalidValue("The currency is not an ISO 4217 code in use.", field="currency")
        for field, at in (("start_date", self.since), ("end_date", self.before)):
            if flaw := timestamp_error(at):
                raise InvalidValue(f"The moment {flaw}.", field=field)
        if self.since >= self.before:
            raise InvalidValue("The period ends before it begins.", field="start_date")
        if self.before.year == MAXYEAR:
            raise InvalidValue("The period lies beyond the calendar.", field="end_date")
        if sum(1 for _, _ in zip(self.starts(), range(MAX_BUCKETS + 1), strict=False)) > MAX_BUCKETS:
            raise InvalidValue(f"The period has more than {MAX_BUCKETS} {self.bucket.value}s.", field="start_date")

    @classmethod
    def of(
        cls, since: datetime | None, before: datetime | None, *, bucket: Bucket, currency: str, now: datetime
    ) -> Period:
        """Return the period; an end that is not given is that of today, a beginning 30 days before the end."""
        before = before or Bucket.DAY.next_start(Bucket.DAY.start(now))
        try:
            since = since or Bucket.DAY.start(before - timedelta(days=DEFAULT_PERIOD_DAYS))
        except OverflowError:
            raise InvalidValue("The period lies before the calendar.", field="end_date") from None
        return cls(since=since, before=before, bucket=bucket, currency=currency)

    def starts(self) -> Iterator[datetime]:
        """Yield where each bucket begins, oldest first; the first may begin before the period does."""
        start = self.bucket.start(self.since)
        while start < self.before:
            yield start
            start = self.bucket.next_start(start)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusTotals:
    """Orders of one status that were placed in one bucket, and what they come to."""

    start: datetime
    status: OrderStatus
    orders: int
    minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSales:
    """How much of a product was ordered, and for how much."""

    product_id: ProductId
    name: str
    quantity: int
    minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Analytics:
    """The figures of a period. A deleted order is in none of them, a cancelled one brings no revenue.

    Sums are minor units of the period's currency; unlike the amount of an order they have no bound.
    """

    period: Period
    status_totals: tuple[StatusTotals, ...]
    top_products: tuple[ProductSales, ...]  # at most 10, by what they brought

    @property
    def orders(self) -> int:
        return sum(tally.orders for tally in self.status_totals)

    @property
    def revenue(self) -> int:
        return sum(tally.minor for tally in self._revenue_totals)

    @property
    def average_order_value(self) -> Decimal:
        """Of the orders that were not cancelled, in major units, rounded to the minor unit; 0 without any."""
        selling = sum(tally.orders for tally in self._revenue_totals)
        return to_major_units(round(Decimal(self.revenue) / max(selling, 1)), self.period.currency)

    @property
    def by_status(self) -> Mapping[OrderStatus, int]:
        """How many orders there are now of each status, 0 included."""
        counts = dict.fromkeys(OrderStatus, 0)
        for tally in self.status_totals:
            counts[tally.status] += tally.orders
        return counts

    def series(self) -> tuple[tuple[datetime, int, int], ...]:
        """Return (start, orders, revenue) of every bucket, the empty ones included."""
        found = {start: [0, 0] for start in self.period.starts()}
        for tally in self.status_totals:
            found[tally.start][0] += tally.orders
            found[tally.start][1] += 0 if tally.status is OrderStatus.CANCELED else tally.minor
        return tuple((start, orders, minor) for start, (orders, minor) in found.items())

    @property
    def _revenue_totals(self) -> list[StatusTotals]:
        return [tally for tally in self.status_totals if tally.status is not OrderStatus.CANCELED]
