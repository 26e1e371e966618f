"""Analytics: periods, their buckets, and totals."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_adapters.memory.analytics import InMemoryAnalyticsReader as Memory
from orders_adapters.memory.store import InMemoryStore
from orders_adapters.testing.examples import ADA, ADMIN, NOON, Clock
from orders_domain import OrderStatus
from orders_domain.errors import AccessDenied, InvalidValue
from orders_domain.model.analytics import Analytics, Bucket, Period, StatusTotals
from orders_domain.use_cases import GetOrderAnalytics, get_order_analytics
from tests.support.cases import each_case

DAY = timedelta(days=1)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def period(since: datetime, before: datetime, bucket: Bucket = Bucket.DAY, currency: str = "USD") -> Period:
    return Period(since=since, before=before, bucket=bucket, currency=currency)


@given(moment=MOMENTS, bucket=st.sampled_from(Bucket))
def test_timestamp_falls_in_its_bucket(moment: datetime, bucket: Bucket) -> None:
    start = bucket.start(moment)

    assert start <= moment < bucket.next_start(start)
    assert bucket.start(start) == start
    assert bucket.next_start(start) == bucket.start(bucket.next_start(start))
    assert bucket is not Bucket.WEEK or start.weekday() == 0
    assert bucket is not Bucket.MONTH or start.day == 1


@given(since=MOMENTS, length=st.integers(1, 360 * 24), bucket=st.sampled_from(Bucket))
def test_buckets_cover_the_period_without_gaps(since: datetime, length: int, bucket: Bucket) -> None:
    before = since + timedelta(hours=length)

    starts = list(period(since, before, bucket).starts())

    assert starts[0] <= since
    assert starts[-1] < before <= bucket.next_start(starts[-1])
    assert [bucket.next_start(start) for start in starts[:-1]] == starts[1:]


def test_default_period_is_thirty_days() -> None:
    default = Period.of(None, None, bucket=Bucket.DAY, currency="USD", now=NOON)

    assert (default.since, default.before) == (datetime(2026, 2, 13, tzinfo=UTC), datetime(2026, 3, 15, tzinfo=UTC))
    assert len(list(default.starts())) == 30


@each_case(
    ("since", "before", "bucket", "currency"),
    [
        (NOON, NOON, Bucket.DAY, "USD"),
        (NOON, NOON - DAY, Bucket.DAY, "USD"),
        (NOON, NOON + 366 * DAY, Bucket.DAY, "USD"),  # 367 days, because it begins and ends within a day
        (NOON, NOON + 2600 * DAY, Bucket.WEEK, "USD"),
        (datetime(1, 1, 1, tzinfo=UTC), NOON, Bucket.MONTH, "USD"),
        (NOON, datetime(9999, 1, 1, tzinfo=UTC), Bucket.DAY, "USD"),
        (NOON, NOON + DAY, Bucket.DAY, "TEA"),
    ],
)
def test_invalid_period_is_rejected(since: datetime, before: datetime, bucket: Bucket, currency: str) -> None:
    with pytest.raises(InvalidValue):
        period(since, before, bucket, currency)


def test_leap_year_is_accepted_in_days() -> None:
    assert len(list(period(datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)).starts())) == 366


def test_cancelled_orders_add_no_revenue() -> None:
    day = Bucket.DAY.start(NOON)
    tallies = (
        StatusTotals(start=day, status=OrderStatus.PAID, orders=2, minor=1001),
        StatusTotals(start=day, status=OrderStatus.CANCELED, orders=7, minor=5000),
    )

    analytics = Analytics(period=period(day, day + 2 * DAY), status_totals=tallies, top_products=())

    assert (analytics.orders, analytics.revenue, analytics.average_order_value) == (9, 1001, Decimal("5.00"))
    assert analytics.by_status[OrderStatus.CANCELED] == 7
    assert analytics.by_status[OrderStatus.SHIPPED] == 0
    assert analytics.series() == ((day, 9, 1001), (day + DAY, 0, 0))


def test_analytics_require_an_administrator() -> None:
    hers, his = (GetOrderAnalytics(actor=actor, currency="USD") for actor in (ADA, ADMIN))

    with pytest.raises(AccessDenied):
        get_order_analytics(hers, analytics=Memory(InMemoryStore()), clock=Clock())
    assert get_order_analytics(his, analytics=Memory(InMemoryStore()), clock=Clock()).orders == 0
