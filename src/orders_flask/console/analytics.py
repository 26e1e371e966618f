"""Page of figures: orders and revenue over time, orders by status, and the products with the most revenue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, request
from werkzeug.wrappers import Response

from orders_domain.errors import InvalidValue
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.analytics import Analytics, Bucket
from orders_domain.model.values.money import to_major_units
from orders_domain.use_cases import GetOrderAnalytics
from orders_flask.console.charts import Bar, bars, columns
from orders_flask.console.formats import count, money, status_label
from orders_flask.console.pages import page
from orders_flask.web.authentication import requires
from orders_flask.web.context import actor, use_cases

PERIODS = {"7": "7 days", "30": "30 days", "60": "60 days", "90": "90 days", "365": "a year"}
"""The days of each period; longer ones than 60 days have weeks."""


def register(console: Blueprint) -> None:
    console.get("/analytics")(requires(ADMIN_ONLY)(analytics))


def analytics() -> Response:
    days = request.args.get("days", "30")
    days = days if days in PERIODS else "30"
    currency = request.args.get("currency", "").strip().upper() or use_cases().default_currency
    error = ""
    try:
        figures = use_cases().get_order_analytics(_request(int(days), currency))
    except InvalidValue as invalid:
        error, currency = str(invalid), use_cases().default_currency
        figures = use_cases().get_order_analytics(_request(int(days), currency))
    return page(
        "analytics.html",
        status=422 if error else 200,
        days=days,
        periods=PERIODS,
        currency=currency,
        error=error,
        figures=figures,
        average=f"{figures.average_order_value:,f}\N{NO-BREAK SPACE}{currency}",
        series=[(_date(figures, start), orders, minor) for start, orders, minor in figures.series()],
        charts=_charts(figures, currency),
    )


def _request(days: int, currency: str) -> GetOrderAnalytics:
    tomorrow = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    bucket = Bucket.DAY if days <= 60 else Bucket.WEEK
    since = tomorrow - timedelta(days=days)
    return GetOrderAnalytics(actor=actor(), currency=currency, since=since, before=tomorrow, bucket=bucket)


def _charts(figures: Analytics, currency: str) -> dict[str, str]:
    series = figures.series()
    dates = [_date(figures, start) for start, _, _ in series]
    orders = [Bar(date, number, count(number, "order")) for date, (_, number, _) in zip(dates, series, strict=True)]
    revenue = [Bar(date, minor, money(minor, currency)) for date, (_, _, minor) in zip(dates, series, strict=True)]
    by_status = [Bar(status_label(status), number, f"{number:,}") for status, number in figures.by_status.items()]
    products = [Bar(sold.name, sold.minor, money(sold.minor, currency)) for sold in figures.top_products]
    unit = figures.period.bucket.value
    return {
        "orders": columns("orders", f"Orders by {unit}", orders),
        "revenue": columns(
            "revenue", f"Revenue by {unit}", revenue, axis=lambda minor: f"{to_major_units(minor, currency):,.0f}"
        ),
        "status": bars("status", "Orders by status", by_status),
        "products": bars("products", "Products with the most revenue", products),
    }


def _date(figures: Analytics, start: datetime) -> str:
    return f"{figures.period.first_date(start):%Y-%m-%d}"
