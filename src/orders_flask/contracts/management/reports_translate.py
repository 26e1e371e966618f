"""Translation of reports to this contract's representations."""

from collections.abc import Collection, Mapping
from itertools import islice
from typing import Any

from orders_domain.model import history
from orders_domain.model.analytics import Analytics
from orders_domain.model.history import HistoryEntry
from orders_domain.model.order import Order, rebuild
from orders_domain.model.product import Product
from orders_domain.model.stock_filter import StockFilter, StockRange
from orders_domain.model.values.money import to_major_units
from orders_domain.model.values.user_ids import as_number
from orders_domain.model.values.user_totals import UserTotals
from orders_domain.use_cases import OrderStatistics, StockHealthReport
from orders_flask.contracts.management.translate import SHIPPING, VOCABULARY
from orders_flask.web.context import integer_user_ids

_STOCK_MESSAGE = "Stock management system is operational"
"""The message of every check that was made, as the second document of source 002 has it."""
_CATEGORIES: Mapping[str, Collection[StockRange]] = {
    "available": (StockRange.CRITICAL, StockRange.LOW, StockRange.MEDIUM, StockRange.HIGH),
    "low": (StockRange.CRITICAL, StockRange.LOW),
    "out_of_stock": (StockRange.OUT_OF_STOCK,),
    "critical": (StockRange.CRITICAL,),
    "high": (StockRange.HIGH,),
    "medium": (StockRange.MEDIUM,),
}
MAX_LISTED = 1_000
"""Products of each list of the stock check."""
STOCK_CATEGORIES = tuple(_CATEGORIES)
"""The words of ``category``."""


def statistics_representation(statistics: OrderStatistics) -> Mapping[str, Any]:
    order = statistics.order
    return {
        "order_id": order.number,
        "item_count": statistics.item_count,
        "total_quantity": statistics.total_quantity,
        "total_amount": order.total,
        "average_unit_price": statistics.average_unit_price,
        "status": VOCABULARY.name_of(order.status),
        "age_seconds": int(statistics.age.total_seconds()),
        "seconds_in_status": int(statistics.in_status.total_seconds()),
        "status_changes": statistics.status_changes,
        **_user_totals(statistics.user_totals),
    }


def _user_totals(totals: UserTotals | None) -> Mapping[str, Any]:
    return {
        "order_count": totals.orders if totals else None,
        "total_sales": totals.sales if totals else None,
        "average_order_value": totals.average if totals else None,
    }


def entry_representation(entry: HistoryEntry) -> Mapping[str, Any]:
    return {
        "at": entry.at,
        "actor": entry.actor,
        "role": entry.role.value,
        "request_id": entry.request_id,
        "event": entry.kind,
        "from_status": VOCABULARY.name_of(entry.from_status) if entry.from_status else None,
        "to_status": VOCABULARY.name_of(entry.to_status),
        "details": _details(entry),
    }


def _details(entry: HistoryEntry) -> Mapping[str, Any]:
    """Return the details; those of the order's life are the contract ``shop``'s, such as internal notes."""
    if entry.kind in history.LIFE_KINDS:
        return {}
    return (
        _placement_entry(rebuild([entry]))
        if entry.kind == history.PLACED
        else {name: value for name, value in entry.details.items() if name == "reason"}
    )


def _placement_entry(order: Order) -> Mapping[str, Any]:
    """Return the order as it was placed; ``items`` only if it was placed with custom items."""
    parts = order.address.as_dict() if order.address else {}
    return {
        "origin": order.origin.value,
        "user_id": as_number(order.user_id) if integer_user_ids() else order.user_id,
        "total_amount": float(order.total.amount),
        "currency": order.total.currency,
        **{name: parts.get(part) for part, name in SHIPPING.items()},
        "order_items": [
            {
                "product_id": line.product_id,
                "quantity": line.quantity,
                "unit_price": float(line.unit_price.amount),
                "subtotal": float(line.subtotal.amount),
            }
            for line in order.lines
        ],
        **({"items": [item.content for item in order.items]} if order.items else {}),
    }


def stock_representation(check: StockHealthReport, query: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "status": check.health.value,
        "total_products": check.levels.total_products,
        "out_of_stock": check.levels.out_of_stock,
        "low_stock": [
            {"product_id": product.id, "name": product.name, "stock_quantity": product.stock}
            for product in check.levels.low_stock
        ],
        "checked_at": check.checked_at,
        "timestamp": check.checked_at,
        "message": _STOCK_MESSAGE,
        "stock_summary": _stock_summary(check, query.get("category")),
        "filters_applied": {name: query.get(name) for name in ("category", "min_stock", "max_stock")},
    }


def stock_filter_from(query: Mapping[str, Any]) -> StockFilter:
    """Return the filter of a stock check: the stock that the category and the limits have in common."""
    ranges = _CATEGORIES.get(query.get("category", ""), tuple(StockRange))
    most = [most for each in ranges if (most := each.most) is not None]
    limits = [query.get("max_stock"), max(most) if len(most) == len(ranges) else None]
    return StockFilter(
        min_stock=max(query.get("min_stock", 0), min(each.least for each in ranges)) or None,
        max_stock=min((limit for limit in limits if limit is not None), default=None),
    )


def _stock_summary(check: StockHealthReport, category: str | None) -> Mapping[str, Any]:
    """Return the summary of source 002's second document: a category leaves the lists of the others empty."""

    def count(name: str) -> int:
        return sum(check.ranges[each].count for each in _CATEGORIES[name])

    def shown(name: str) -> list[Mapping[str, Any]]:
        if category not in (None, name):
            return []
        products = (product for each in _CATEGORIES[name] for product in check.ranges[each].products)
        return [_stocked(product) for product in islice(products, MAX_LISTED)]

    low, empty = (count(name) if category in (None, name) else 0 for name in ("low", "out_of_stock"))
    with_stock, total = count("available"), check.total_products
    return {
        "summary": {
            "total_products": total,
            "products_with_stock": with_stock,
            "products_low_stock": low,
            "products_out_of_stock": empty,
            "stock_health_percentage": round(100 * with_stock / total, 2) if total else 0.0,
        },
        "stock_categories": {
            "available_stock": shown("available"),
            "low_stock": shown("low"),
            "out_of_stock": shown("out_of_stock"),
        },
        "stock_distribution": {
            "high_stock": [_stocked(product) for product in check.ranges[StockRange.HIGH].products],
            "medium_stock": [_stocked(product) for product in check.ranges[StockRange.MEDIUM].products],
            "critical_stock": [_stocked(product) for product in check.ranges[StockRange.CRITICAL].products],
        },
        "alerts": {
            "low_stock_alerts": low,
            "out_of_stock_alerts": empty,
            "critical_stock_alerts": check.ranges[StockRange.CRITICAL].count,
        },
        "timestamp": check.checked_at,
    }


def _stocked(product: Product) -> Mapping[str, Any]:
    return {
        "product_id": product.id,
        "name": product.name,
        "stock_quantity": product.stock,
        "price": product.price,
        "stock_value": to_major_units(product.stock * product.price.minor, product.price.currency),
    }


def analytics_representation(analytics: Analytics) -> Mapping[str, Any]:
    currency = analytics.period.currency
    by_word = dict.fromkeys(VOCABULARY.names.values(), 0)
    for status, orders in analytics.by_status.items():
        by_word[VOCABULARY.name_of(status)] += orders
    return {
        "currency": currency,
        "orders": analytics.orders,
        "revenue": to_major_units(analytics.revenue, currency),
        "average_order_value": analytics.average_order_value,
        "by_status": by_word,
        "series": [
            {"start": analytics.period.first_date(start), "orders": orders, "revenue": to_major_units(minor, currency)}
            for start, orders, minor in analytics.series()
        ],
        "top_products": [
            {
                "product_id": sales.product_id,
                "name": sales.name,
                "quantity": sales.quantity,
                "revenue": to_major_units(sales.minor, currency),
            }
            for sales in analytics.top_products
        ],
    }
