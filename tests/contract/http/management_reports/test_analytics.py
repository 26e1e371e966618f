"""GET /analytics"""

from typing import Any
from urllib.parse import urlencode

import pytest

from orders_domain import Role
from tests.contract.http.management_reports.reports_client import ORDERS, Desk, of, refused
from tests.support.examples import NOON

DAY = 24 * 3600


def analytics(desk: Desk, **query: object) -> dict[str, Any]:
    return dict(of(desk.admin.ask("GET", f"{ORDERS}/analytics?{urlencode(query)}")))


def busy(found: dict[str, Any]) -> list[tuple[str, int, float]]:
    """The points of the series that are not empty."""
    return [(point["start"], point["orders"], point["revenue"]) for point in found["series"] if point["orders"]]


@pytest.mark.clause("002-31")
def test_analytics_cover_last_30_days(desk: Desk) -> None:
    tea, cup = desk.product("Tea", price=2.5), desk.product("Cup", price=10)
    desk.order({tea: 4})
    desk.clock.advance(DAY)
    desk.become(desk.order({tea: 2, cup: 1}), "confirmed")
    desk.become(desk.order({cup: 3}), "cancelled")
    desk.delete(desk.order({cup: 5}))
    desk.clock.advance(29 * DAY)

    found = analytics(desk)

    assert found.keys() == {"orders", "revenue", "average_order_value", "by_status", "series", "top_products"}
    assert (found["orders"], found["revenue"], found["average_order_value"]) == (2, 15.0, 15.0)
    assert found["by_status"] == {"pending": 0, "confirmed": 1, "shipped": 0, "delivered": 0, "cancelled": 1}
    assert len(found["series"]) == 30
    assert found["series"][0] == {"start": "2026-03-15", "orders": 2, "revenue": 15.0}
    assert found["series"][-1] == {"start": "2026-04-13", "orders": 0, "revenue": 0.0}
    assert found["top_products"] == [
        {"product_id": cup, "name": "Cup", "quantity": 1, "revenue": 10.0},
        {"product_id": tea, "name": "Tea", "quantity": 2, "revenue": 5.0},
    ]


@pytest.mark.clause("002-31")
def test_merged_status_is_counted_once(desk: Desk) -> None:
    tea = desk.product()
    order = desk.order({tea: 1})
    desk.become(order, "confirmed")
    desk.become(desk.order({tea: 1}), "confirmed")
    desk.stack.rows(f"UPDATE orders SET status = 'PAID' WHERE number = {order['order_id']}")

    assert analytics(desk)["by_status"]["confirmed"] == 2


@pytest.mark.clause("002-31")
@pytest.mark.parametrize(
    ("bucket", "starts"),
    [
        ("day", ["2026-03-14", "2026-03-15", "2026-03-16", "2026-03-17"]),
        ("week", ["2026-03-09", "2026-03-16"]),  # a Saturday belongs to the week of the Monday before
        ("month", ["2026-03-01"]),
    ],
)
def test_series_has_day_week_or_month_buckets(desk: Desk, bucket: str, starts: list[str]) -> None:
    tea = desk.product(price=2.5)
    desk.order({tea: 1})  # on a Saturday
    desk.clock.advance(2 * DAY)
    desk.order({tea: 3})

    found = analytics(desk, bucket=bucket, start_date="2026-03-14", end_date="2026-03-17")

    assert [point["start"] for point in found["series"]] == starts
    assert sum(point["orders"] for point in found["series"]) == found["orders"] == 2
    if bucket == "week":
        assert busy(found) == [("2026-03-09", 1, 2.5), ("2026-03-16", 1, 7.5)]


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
def test_date_is_utc_day_and_datetime_instant(desk: Desk, start: str, end: str, orders: int) -> None:
    desk.order({desk.product(): 1})

    assert analytics(desk, start_date=start, end_date=end)["orders"] == orders


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"bucket": "year"}, "bucket"),
        ({"bucket": ""}, "bucket"),
        ({"start_date": "yesterday"}, "start_date"),
        ({"start_date": "2026-02-30"}, "start_date"),
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
def test_invalid_analytics_query_is_400(desk: Desk, query: dict[str, str], field: str) -> None:
    detail = refused(desk.admin.ask("GET", f"{ORDERS}/analytics?{urlencode(query)}"), 400)

    assert field in detail["errors"], detail


def test_series_allows_366_buckets(desk: Desk) -> None:
    assert len(analytics(desk, start_date="2025-03-14", end_date="2026-03-14")["series"]) == 366


def test_other_currencies_are_excluded(desk: Desk) -> None:
    body = {"items": [{"sku": "LAMP"}], "total_price": 5}
    of(desk.ann.post(body | {"currency": "EUR"}, path="/orders/"), 201)
    of(desk.ann.post(body, path="/orders/"), 201)

    found = analytics(desk)

    assert (found["orders"], found["revenue"], found["top_products"]) == (1, 5.0, [])
    assert busy(found) == [(f"{NOON:%Y-%m-%d}", 1, 5.0)]


def test_analytics_use_two_statements(desk: Desk) -> None:
    for number in range(12):
        desk.order({desk.product(f"Tea {number}"): 1})

    with desk.stack.statements() as sent:
        assert len(analytics(desk)["top_products"]) == 10

    assert len(sent) == 2, sent


def test_analytics_scope_without_role_is_403(desk: Desk) -> None:
    clerk = desk.stack.caller("clerk", role=Role.CUSTOMER, scopes=("orders:write",))

    refused(clerk.ask("GET", f"{ORDERS}/analytics"), 403)
