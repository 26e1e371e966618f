"""GET /analytics"""

from typing import Any
from urllib.parse import urlencode

import pytest

from orders_adapters.testing.examples import NOON
from orders_domain import Role
from tests.contract.http.management_reports.reports_client import ORDERS, ReportsShop, of, refused

DAY = 24 * 3600


def analytics(shop: ReportsShop, **query: object) -> dict[str, Any]:
    return dict(of(shop.admin.ask("GET", f"{ORDERS}/analytics?{urlencode(query)}")))


def busy(report: dict[str, Any]) -> list[tuple[str, int, float]]:
    """The points of the series that are not empty."""
    return [(point["start"], point["orders"], point["revenue"]) for point in report["series"] if point["orders"]]


@pytest.mark.clause("002-31")
def test_analytics_cover_last_30_days(shop: ReportsShop) -> None:
    tea, cup = shop.product("Tea", price=2.5), shop.product("Cup", price=10)
    shop.order({tea: 4})
    shop.clock.advance(DAY)
    shop.become(shop.order({tea: 2, cup: 1}), "confirmed")
    shop.become(shop.order({cup: 3}), "cancelled")
    shop.delete(shop.order({cup: 5}))
    shop.clock.advance(29 * DAY)

    report = analytics(shop)

    assert report.keys() == {
        "currency",
        "orders",
        "revenue",
        "average_order_value",
        "by_status",
        "series",
        "top_products",
    }
    assert (report["orders"], report["revenue"], report["average_order_value"]) == (2, 15.0, 15.0)
    assert report["by_status"] == {"pending": 0, "confirmed": 1, "shipped": 0, "delivered": 0, "cancelled": 1}
    assert len(report["series"]) == 30
    assert report["series"][0] == {"start": "2026-03-15", "orders": 2, "revenue": 15.0}
    assert report["series"][-1] == {"start": "2026-04-13", "orders": 0, "revenue": 0.0}
    assert report["top_products"] == [
        {"product_id": cup, "name": "Cup", "quantity": 1, "revenue": 10.0},
        {"product_id": tea, "name": "Tea", "quantity": 2, "revenue": 5.0},
    ]


@pytest.mark.clause("002-31")
def test_merged_status_is_counted_once(shop: ReportsShop) -> None:
    tea = shop.product()
    order = shop.order({tea: 1})
    shop.become(order, "confirmed")
    shop.become(shop.order({tea: 1}), "confirmed")
    shop.stack.rows(f"UPDATE orders SET status = 'PAID' WHERE number = {order['order_id']}")

    assert analytics(shop)["by_status"]["confirmed"] == 2


@pytest.mark.clause("002-31")
@pytest.mark.parametrize(
    ("bucket", "starts"),
    [
        ("day", ["2026-03-14", "2026-03-15", "2026-03-16", "2026-03-17"]),
        ("week", ["2026-03-09", "2026-03-16"]),  # a Saturday belongs to the week of the Monday before
        ("month", ["2026-03-01"]),
    ],
)
def test_series_has_day_week_or_month_buckets(shop: ReportsShop, bucket: str, starts: list[str]) -> None:
    tea = shop.product(price=2.5)
    shop.order({tea: 1})  # on a Saturday
    shop.clock.advance(2 * DAY)
    shop.order({tea: 3})

    report = analytics(shop, bucket=bucket, start_date="2026-03-14", end_date="2026-03-17")

    assert [point["start"] for point in report["series"]] == starts
    assert sum(point["orders"] for point in report["series"]) == report["orders"] == 2
    if bucket == "week":
        assert busy(report) == [("2026-03-09", 1, 2.5), ("2026-03-16", 1, 7.5)]


@pytest.mark.parametrize(
    ("start", "end", "orders"),
    [
        ("2026-03-14", "2026-03-14", 1),
        ("2026-03-13", "2026-03-13", 0),
        ("2026-03-15", "2026-03-15", 0),
        ("2026-03-14T12:00:00.123456Z", "2026-03-14", 1),
        ("2026-03-14T12:00:00.123457Z", "2026-03-14", 0),
        ("20260314", "20260314", 1),
        ("2026-03-14", "2026W116", 1),
        ("2026-03-13", "2026W115", 0),
        ("2026-03-14", "2026-03-14T12:00:00.123456Z", 1),
        ("2026-03-14", "2026-03-14T12:00:00.123455Z", 0),
        ("2026-03-14T17:30:00+05:30", "2026-03-14T17:30:00.2+05:30", 1),
    ],
)
def test_date_is_utc_day_and_datetime_instant(shop: ReportsShop, start: str, end: str, orders: int) -> None:
    shop.order({shop.product(): 1})

    assert analytics(shop, start_date=start, end_date=end)["orders"] == orders


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"bucket": "year"}, "bucket"),
        ({"bucket": ""}, "bucket"),
        ({"start_date": "yesterday"}, "start_date"),
        ({"start_date": "2026-02-30"}, "start_date"),
        ({"tz": "Europe/Atlantis"}, "tz"),
        ({"tz": "../../etc/passwd"}, "tz"),
        ({"tz": ""}, "tz"),
        ({"currency": "TEA"}, "currency"),
        ({"end_date": "'; DROP TABLE orders; --"}, "end_date"),
        ({"start_date": "2026-03-02", "end_date": "2026-03-01"}, "start_date"),
        ({"start_date": "2099-01-01"}, "start_date"),
        ({"start_date": "2025-03-13", "end_date": "2026-03-14"}, "start_date"),  # 367 days
        ({"start_date": "1990-01-01", "bucket": "month"}, "start_date"),
        ({"end_date": "0001-01-02"}, "end_date"),
        ({"end_date": "9999-12-30"}, "end_date"),
        ({"end_date": "9999-12-31"}, "end_date"),
    ],
)
def test_invalid_analytics_query_is_400(shop: ReportsShop, query: dict[str, str], field: str) -> None:
    detail = refused(shop.admin.ask("GET", f"{ORDERS}/analytics?{urlencode(query)}"), 400)

    assert field in detail["errors"], detail


def test_series_allows_366_buckets(shop: ReportsShop) -> None:
    assert len(analytics(shop, start_date="2025-03-14", end_date="2026-03-14")["series"]) == 366


def test_other_currencies_are_excluded(shop: ReportsShop) -> None:
    body = {"items": [{"sku": "LAMP"}], "total_price": 5}
    of(shop.ann.post(body | {"currency": "EUR"}, path="/orders/"), 201)
    of(shop.ann.post(body, path="/orders/"), 201)

    report = analytics(shop)

    assert (report["orders"], report["revenue"], report["top_products"]) == (1, 5.0, [])
    assert busy(report) == [(f"{NOON:%Y-%m-%d}", 1, 5.0)]
    euros = analytics(shop, currency="EUR")
    assert [each["currency"] for each in (report, euros)] == ["USD", "EUR"]
    assert (euros["orders"], euros["revenue"]) == (1, 5.0)
    assert analytics(shop, currency="JPY")["revenue"] == 0


def test_analytics_use_two_statements(shop: ReportsShop) -> None:
    for number in range(12):
        shop.order({shop.product(f"Tea {number}"): 1})

    with shop.stack.statements() as sent:
        assert len(analytics(shop)["top_products"]) == 10

    assert len(sent) == 2, sent


def test_analytics_scope_without_role_is_403(shop: ReportsShop) -> None:
    clerk = shop.stack.caller("clerk", role=Role.CUSTOMER, scopes=("orders:write",))

    refused(clerk.ask("GET", f"{ORDERS}/analytics"), 403)


@pytest.mark.clause("002-31")
def test_dates_are_days_of_the_zone(shop: ReportsShop) -> None:
    shop.order({shop.product(): 1})  # at noon of 14 March in UTC
    kiritimati = {"tz": "Pacific/Kiritimati"}  # 14 hours ahead: 2 o'clock of 15 March

    there = analytics(shop, start_date="2026-03-15", end_date="2026-03-15", **kiritimati)

    assert [(point["start"], point["orders"]) for point in there["series"]] == [("2026-03-15", 1)]
    assert analytics(shop, start_date="2026-03-14", end_date="2026-03-14", **kiritimati)["orders"] == 0
    assert analytics(shop, start_date="2026-03-15T01:59", end_date="2026-03-15T02:01", **kiritimati)["orders"] == 1
    assert analytics(shop, start_date="2026-03-14T12:00Z", end_date="2026-03-14T12:01Z", **kiritimati)["orders"] == 1
    assert analytics(shop, **kiritimati)["series"][-1]["start"] == "2026-03-15"
