"""Order analytics of a period, for administrators (clause 002-31; docs/decisions/0010)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum

from orders_domain.errors import InvalidValue
from orders_domain.model.product import ProductId
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.currencies import STORED_DIGITS
from orders_domain.model.values.money import to_major_units
from orders_domain.model.values.timestamps import timestamp_error
from orders_domain.model.values.total_table import total_table

MAX_BUCKETS = 366
MAX_PRODUCTS = 10
DEFAULT_PERIOD_DAYS = 30
_DAY = timedelta(days=1)


class Bucket(Enum):
    """Bucket size of a series: days, weeks from Monday, or months, all of one time zone.

    A day begins with the first moment of its date, so that a day on which the clocks change has 23 or 25 hours.
    """

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def start(self, moment: datetime, zone: tzinfo = UTC) -> datetime:
        """Return the start of the bucket that contains the moment, in UTC."""
        return _midnight(self.first_date(moment.astimezone(zone).date()), zone)

    def first_date(self, day: date) -> date:
        """Return the first date of the bucket that contains the date."""
        if self is Bucket.WEEK:
            return day - day.weekday() * _DAY
        return day.replace(day=1) if self is Bucket.MONTH else day

    def next_start(self, start: datetime, zone: tzinfo = UTC) -> datetime:
        """Return the start of the bucket after the one that begins at ``start``, in UTC."""
        return _midnight(self.first_date(start.astimezone(zone).date() + MAX_DAYS[self] * _DAY), zone)


def _midnight(day: date, zone: tzinfo) -> datetime:
    """Return the first moment of the day, in UTC; where midnight does not exist, the moment of the clock change."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def parse_zone(name: str) -> tzinfo:
    """Return the time zone of the IANA database.

    Raises:
        InvalidValue: the database has no such zone.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # imported late, because it reads the system's build settings

    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidValue("Must be a time zone of the IANA database, such as Europe/Berlin.") from None


MAX_DAYS: Mapping[Bucket, int] = total_table(Bucket, {Bucket.DAY: 1, Bucket.WEEK: 7, Bucket.MONTH: 31})
"""The number of days of the longest bucket of each size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The period from ``since`` (inclusive) to ``before`` (exclusive), for orders in one currency.

    Raises:
        InvalidValue: the period is empty, ends in the year 9999, or has more than 366 buckets.
    """

    since: datetime
    before: datetime
    bucket: Bucket
    currency: str
    zone: tzinfo = UTC

    def __post_init__(self) -> None:
        if self.currency not in STORED_DIGITS:
            raise InvalidValue("The currency must be an ISO 4217 code.", field="currency")
        for field, at in (("since", self.since), ("before", self.before)):
            if error := timestamp_error(at):
                raise InvalidValue(f"The timestamp {error}.", field=field)
        if self.since >= self.before:
            raise InvalidValue("The period must begin before it ends.", field="since")
        if self.before.year == MAXYEAR:
            raise InvalidValue(f"The period must end before the year {MAXYEAR}.", field="before")
        try:
            buckets = sum(1 for _, _ in zip(self.starts(), range(MAX_BUCKETS + 1), strict=False))
        except OverflowError:
            raise InvalidValue(f"The period must begin in the year {MINYEAR} or later.", field="since") from None
        if buckets > MAX_BUCKETS:
            raise InvalidValue(f"The period must have at most {MAX_BUCKETS} {self.bucket.value}s.", field="since")

    @classmethod
    def of(
        cls,
        since: datetime | None,
        before: datetime | None,
        *,
        bucket: Bucket,
        currency: str,
        zone: tzinfo = UTC,
        now: datetime,
    ) -> Period:
        """Return the period; it ends with the current day and begins 30 days before its end, unless given otherwise."""
        before = before or _midnight(now.astimezone(zone).date() + _DAY, zone)
        try:
            since = since or Bucket.DAY.start(before - timedelta(days=DEFAULT_PERIOD_DAYS), zone)
        except OverflowError:
            raise InvalidValue(f"The period must begin in the year {MINYEAR} or later.", field="before") from None
        return cls(since=since, before=before, bucket=bucket, currency=currency, zone=zone)

    def starts(self) -> Iterator[datetime]:
        """Yield the start of each bucket, oldest first; the first may be before ``since``."""
        start = self.bucket.start(self.since, self.zone)
        while start < self.before:
            yield start
            start = self.bucket.next_start(start, self.zone)

    def bucket_start(self, moment: datetime) -> datetime:
        """Return the start of the bucket that contains the moment, which must be in the period."""
        starts = tuple(self.starts())
        return starts[bisect_right(starts, moment) - 1]

    def first_date(self, start: datetime) -> date:
        """Return the date on which a bucket begins."""
        return start.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusTotals:
    """The number and the total of the orders of one status that were placed in one bucket."""

    start: datetime
    status: OrderStatus
    orders: int
    minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSales:
    """The ordered quantity and the revenue of one product."""

    product_id: ProductId
    name: str
    quantity: int
    minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Analytics:
    """The figures of a period. Deleted orders are excluded; cancelled orders count, but have no revenue.

    Sums are in minor units of the period's currency, and may exceed the maximum of an amount.
    """

    period: Period
    status_totals: tuple[StatusTotals, ...]
    top_products: tuple[ProductSales, ...]  # at most 10, by revenue

    @property
    def orders(self) -> int:
        return sum(totals.orders for totals in self.status_totals)

    @property
    def revenue(self) -> int:
        return sum(totals.minor for totals in self._revenue_totals)

    @property
    def average_order_value(self) -> Decimal:
        """The average of the orders not cancelled, in major units, rounded to the minor unit; 0 if there are none."""
        count = sum(totals.orders for totals in self._revenue_totals)
        return to_major_units(round(Decimal(self.revenue) / max(count, 1)), self.period.currency)

    @property
    def by_status(self) -> Mapping[OrderStatus, int]:
        """The number of orders in each current status, including zeros."""
        counts = dict.fromkeys(OrderStatus, 0)
        for totals in self.status_totals:
            counts[totals.status] += totals.orders
        return counts

    def series(self) -> tuple[tuple[datetime, int, int], ...]:
        """Return (start, orders, revenue) of every bucket, including empty ones."""
        figures = {start: [0, 0] for start in self.period.starts()}
        for totals in self.status_totals:
            figures[totals.start][0] += totals.orders
            figures[totals.start][1] += 0 if totals.status is OrderStatus.CANCELED else totals.minor
        return tuple((start, orders, minor) for start, (orders, minor) in figures.items())

    @property
    def _revenue_totals(self) -> list[StatusTotals]:
        return [totals for totals in self.status_totals if totals.status is not OrderStatus.CANCELED]
