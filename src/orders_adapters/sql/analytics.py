"""Analytics reader: two statements, which read only the analytics indexes. The engine may be that of a replica."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ARRAY, Connection, Engine, String, bindparam, func, literal_column, select

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.tables.column_types import UtcDateTime
from orders_domain.model.analytics import MAX_PRODUCTS, Analytics, Bucket, Period, ProductSales, StatusTotals
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.total_table import total_table

_orders = tables.orders.c
_items = tables.order_items.c
_products = tables.products.c
_since = bindparam("since", type_=UtcDateTime)
_before = bindparam("before", type_=UtcDateTime)

_COUNTING = (
    _orders.created_at >= _since,
    _orders.created_at < _before,
    _orders.deleted_at.is_(None),
    _orders.currency == bindparam("currency"),
)
_STARTS: Mapping[str, Mapping[Bucket, str]] = {
    "postgresql": {
        bucket: f"date_trunc('{bucket.value}', orders.created_at AT TIME ZONE 'UTC')::date" for bucket in Bucket
    },
    # Only the date part is used, because SQLite rounds to milliseconds, which moves the end of a day to the next one.
    "sqlite": total_table(
        Bucket,
        {
            Bucket.DAY: "date(substr(orders.created_at, 1, 10))",
            Bucket.WEEK: "date(substr(orders.created_at, 1, 10), '-6 days', 'weekday 1')",  # the Monday on or before
            Bucket.MONTH: "date(substr(orders.created_at, 1, 10), 'start of month')",
        },
    ),
}
"""The first day of an order's bucket."""

# The period limits both tables, because an item has the time of its order: each index is read for the period only.
_BEST = (
    select(
        _items.product_id,
        func.sum(_items.quantity).label("quantity"),
        func.sum(_items.subtotal_minor).label("minor"),
    )
    .join(tables.orders, _orders.id == _items.order_id)
    .where(_items.placed_at >= _since, _items.placed_at < _before)
    .where(*_COUNTING, _orders.status != OrderStatus.CANCELED)
    .group_by(_items.product_id)
    .order_by(func.sum(_items.subtotal_minor).desc(), _items.product_id)
    .limit(MAX_PRODUCTS)
    .subquery("best")
)
_TOP_PRODUCTS = (
    select(_BEST, _products.name)
    .join(tables.products, _products.id == _BEST.c.product_id)
    .order_by(_BEST.c.minor.desc(), _BEST.c.product_id)
)


class SqlAnalyticsReader:
    def __init__(self, engine: Engine) -> None:
        self._engine = engines.autocommit(engine)

    def __call__(self, period: Period) -> Analytics:
        values = {"since": period.since, "before": period.before, "currency": period.currency}
        with translate_errors(), self._engine.connect() as connection:
            status_totals = (
                _status_totals(connection, period.bucket, values)
                if period.zone is UTC
                else _zone_totals(connection, period, values)
            )
            top_products = _top_products(connection, values)
        return Analytics(period=period, status_totals=status_totals, top_products=top_products)


def _status_totals(connection: Connection, bucket: Bucket, values: Mapping[str, Any]) -> tuple[StatusTotals, ...]:
    start: Any = literal_column(_STARTS[connection.dialect.name][bucket])
    statement = (
        select(start.label("start"), _orders.status, func.count().label("orders"))
        .add_columns(func.sum(_orders.total_minor).label("minor"))
        .where(*_COUNTING)
        .group_by(start, _orders.status)
    )
    return tuple(
        StatusTotals(start=_midnight(row.start), status=row.status, orders=row.orders, minor=int(row.minor))
        for row in connection.execute(statement, values)
    )


def _zone_totals(connection: Connection, period: Period, values: Mapping[str, Any]) -> tuple[StatusTotals, ...]:
    """Return the totals of buckets of a time zone, whose starts the domain computes: no database decides about days.

    PostgreSQL finds the bucket of each order. SQLite returns the totals of each minute, which are added up here.
    """
    starts = list(period.starts())
    if connection.dialect.name == "postgresql":
        start: Any = func.width_bucket(_orders.created_at, bindparam("starts", starts, type_=ARRAY(UtcDateTime)))
    else:
        on_minutes = all(start.second == 0 for start in starts)  # unlike local mean times before about 1970
        start = func.substr(_orders.created_at, 1, 16 if on_minutes else 19, type_=String)
    statement = (
        select(start.label("start"), _orders.status, func.count().label("orders"))
        .add_columns(func.sum(_orders.total_minor).label("minor"))
        .where(*_COUNTING)
        .group_by("start", _orders.status)
    )
    sums: dict[tuple[datetime, OrderStatus], list[int]] = defaultdict(lambda: [0, 0])
    for row in connection.execute(statement, values):
        position = row.start if isinstance(row.start, int) else bisect_right(starts, _utc(row.start))
        totals = sums[starts[position - 1], row.status]
        totals[0] += row.orders
        totals[1] += int(row.minor)
    return tuple(
        StatusTotals(start=start, status=status, orders=orders, minor=minor)
        for (start, status), (orders, minor) in sums.items()
    )


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _top_products(connection: Connection, values: Mapping[str, Any]) -> tuple[ProductSales, ...]:
    return tuple(
        ProductSales(product_id=row.product_id, name=row.name, quantity=int(row.quantity), minor=int(row.minor))
        for row in connection.execute(_TOP_PRODUCTS, values)
    )


def _midnight(day: date | str) -> datetime:
    """Return the start of the day, which PostgreSQL returns as a date and SQLite as text."""
    return datetime.combine(date.fromisoformat(day) if isinstance(day, str) else day, time(), UTC)
