"""Contract of AnalyticsReader: which orders count, their bucket, and the top products."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from orders_adapters.testing.examples import ADA, ADMIN, NOON, new_id
from orders_adapters.testing.stores import StoreHarness
from orders_domain import Money, Order, OrderStatus, Origin
from orders_domain.model.analytics import Bucket, Period, StatusTotals
from orders_domain.model.product import NewProduct, OrderLine, ProductId

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def period(since: datetime = MARCH, before: datetime = APRIL, *, bucket: Bucket = Bucket.MONTH) -> Period:
    return Period(since=since, before=before, bucket=bucket, currency="USD")


@dataclass(frozen=True)
class Sales:
    """Sells products without a check of their stock."""

    store: StoreHarness

    def products(self, *names: str, currency: str = "USD") -> list[ProductId]:
        with self.store.unit_of_work() as uow:
            product_ids = [
                uow.products.add(
                    NewProduct(sku=str(new_id()), name=name, price=Money(100, currency), stock=1_000), by=ADMIN, at=NOON
                ).id
                for name in names
            ]
            uow.commit()
        return product_ids

    def sell(
        self,
        sold: dict[ProductId, tuple[int, int]],
        *,
        at: datetime = NOON,
        currency: str = "USD",
        become: OrderStatus | None = None,
        delete: bool = False,
    ) -> Order:
        """Place an order of (quantity, unit price) by product, then change or delete it as the arguments say."""
        lines = [
            OrderLine(product_id=product, quantity=quantity, unit_price=Money(price, currency))
            for product, (quantity, price) in sold.items()
        ]
        total = Money(sum(line.subtotal.minor for line in lines), currency)
        order = Order.place(order_id=new_id(), origin=Origin.ORDERS, lines=lines, total=total, by=ADA, at=at)
        with self.store.unit_of_work() as uow:
            uow.orders.add(order)
            uow.stock.deduct(order, by=ADA, at=at)
            uow.commit()
        if become:
            self.store.changed(order, become)
        if delete:
            self._delete(order)
        return order

    def _delete(self, order: Order) -> None:
        with self.store.unit_of_work() as uow:
            held = uow.orders.get_for_update(order.id)
            held.delete(by=ADA, at=NOON)
            uow.orders.save(held)
            uow.commit()


class AnalyticsReaderTests:
    """Promises of ``AnalyticsReader``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    @pytest.fixture
    def sales(self, store: StoreHarness) -> Sales:
        return Sales(store)

    def test_orders_are_counted_by_current_status(self, store: StoreHarness, sales: Sales) -> None:
        (tea,) = sales.products("Tea")
        for status in (None, OrderStatus.PAID, OrderStatus.PAID, OrderStatus.CANCELED):
            sales.sell({tea: (2, 250)}, become=status)

        analytics = store.analytics(period())

        assert sorted(analytics.status_totals, key=lambda tally: tally.status.value) == [
            StatusTotals(start=MARCH, status=OrderStatus.CANCELED, orders=1, minor=500),
            StatusTotals(start=MARCH, status=OrderStatus.PAID, orders=2, minor=1000),
            StatusTotals(start=MARCH, status=OrderStatus.PENDING, orders=1, minor=500),
        ]

    def test_deleted_and_foreign_orders_are_excluded(self, store: StoreHarness, sales: Sales) -> None:
        tea, the = sales.products("Tea")[0], sales.products("Thé", currency="EUR")[0]
        sales.sell({tea: (1, 100)}, delete=True)
        sales.sell({the: (1, 100)}, currency="EUR")

        analytics = store.analytics(period())

        assert (analytics.status_totals, analytics.top_products) == ((), ())
        assert (analytics.orders, analytics.revenue, analytics.average_order_value) == (0, 0, Decimal())

    def test_period_excludes_its_end(self, store: StoreHarness, sales: Sales) -> None:
        tea, cup = sales.products("Tea", "Cup")
        for at in (MARCH - INSTANT, APRIL):
            sales.sell({cup: (1, 100)}, at=at)
        for at in (MARCH, APRIL - INSTANT):
            sales.sell({tea: (1, 100)}, at=at)

        analytics = store.analytics(period())

        assert analytics.orders == 2
        assert [(sold.name, sold.quantity) for sold in analytics.top_products] == [("Tea", 2)]

    @pytest.mark.parametrize("bucket", Bucket)
    def test_order_falls_in_its_utc_bucket(self, store: StoreHarness, sales: Sales, bucket: Bucket) -> None:
        (tea,) = sales.products("Tea")
        since, zone = datetime(2025, 12, 20, tzinfo=UTC), timezone(timedelta(hours=5, minutes=45))
        moments = [since + timedelta(hours=11 * step) for step in range(78)] + [
            datetime(2026, 1, 5, tzinfo=UTC) - INSTANT,  # the last instant of a Sunday
            datetime(2026, 1, 5, tzinfo=UTC),  # the first instant of a Monday
            datetime(2026, 1, 1, tzinfo=UTC) - INSTANT,  # the last instant of a year
            datetime(2026, 1, 1, 3, tzinfo=zone),  # still in the old year
        ]
        for moment in moments:
            sales.sell({tea: (1, 100)}, at=moment)

        analytics = store.analytics(period(since, datetime(2026, 2, 1, tzinfo=UTC), bucket=bucket))

        expected = dict.fromkeys(analytics.period.starts(), 0)
        for moment in moments:
            expected[bucket.start(moment)] += 1
        assert {start: orders for start, orders, _ in analytics.series()} == expected

    def test_top_products_sort_by_revenue_then_id(self, store: StoreHarness, sales: Sales) -> None:
        products = sales.products(*(f"Product {number}" for number in range(12)))
        for number, product in enumerate(products):
            sales.sell({product: (number + 1, 100 if number else 500)})
        sales.sell({products[0]: (50, 10_000)}, become=OrderStatus.CANCELED)

        top = store.analytics(period()).top_products

        brought = {product: 100 * (number + 1) if number else 500 for number, product in enumerate(products)}
        assert [(sold.product_id, sold.minor) for sold in top] == sorted(
            brought.items(), key=lambda item: (-item[1], item[0])
        )[:10]
        assert (top[0].name, top[0].quantity) == ("Product 11", 12)

    def test_revenue_sum_exceeds_max_amount(self, store: StoreHarness, sales: Sales) -> None:
        (tea,) = sales.products("Tea")
        for _ in range(3):
            sales.sell({tea: (1, 10**12)})

        analytics = store.analytics(period())

        assert analytics.revenue == analytics.top_products[0].minor == 3 * 10**12

    def test_analytics_are_empty_without_orders(self, store: StoreHarness) -> None:
        analytics = store.analytics(period(bucket=Bucket.DAY))

        assert analytics.series() == tuple((MARCH + timedelta(days=day), 0, 0) for day in range(31))

    @pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu", "America/Sao_Paulo"])
    def test_days_of_a_zone_begin_at_its_midnight(self, store: StoreHarness, zone: str) -> None:
        sales = Sales(store)
        (tea,) = sales.products("Tea")
        place = ZoneInfo(zone)
        midnights = [datetime(2026, 3, day, tzinfo=place).astimezone(UTC) for day in (28, 29, 30, 31)]
        for midnight in midnights:  # in Berlin 29 March has 23 hours
            sales.sell({tea: (1, 100)}, at=midnight - INSTANT)
            sales.sell({tea: (2, 100)}, at=midnight)

        analytics = store.analytics(
            Period(since=midnights[0], before=midnights[-1], bucket=Bucket.DAY, currency="USD", zone=place)
        )

        shown = [(analytics.period.first_date(start).day, *figures) for start, *figures in analytics.series()]
        assert shown == [(28, 2, 300), (29, 2, 300), (30, 2, 300)]

    def test_day_of_25_hours_and_longer_buckets(self, store: StoreHarness) -> None:
        sales = Sales(store)
        (tea,) = sales.products("Tea")
        berlin = ZoneInfo("Europe/Berlin")
        since, month, before = (
            datetime(2026, *day, tzinfo=berlin).astimezone(UTC) for day in ((10, 25), (11, 1), (11, 2))
        )
        for hours in (0, 24, 24.99, 25):
            sales.sell({tea: (1, 100)}, at=since + timedelta(hours=hours))
        sales.sell({tea: (1, 100)}, at=month - INSTANT)
        sales.sell({tea: (1, 100)}, at=month)

        figures = {
            bucket: store.analytics(Period(since=since, before=before, bucket=bucket, currency="USD", zone=berlin))
            for bucket in Bucket
        }

        assert [orders for _, orders, _ in figures[Bucket.DAY].series()] == [3, 1, 0, 0, 0, 0, 1, 1]
        assert [orders for _, orders, _ in figures[Bucket.WEEK].series()] == [3, 3]
        assert [orders for _, orders, _ in figures[Bucket.MONTH].series()] == [5, 1]
