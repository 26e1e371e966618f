"""Translation of reports to this contract's representations."""

from collections.abc import Mapping
from typing import Any

from orders_domain.model import history
from orders_domain.model.analytics import Analytics
from orders_domain.model.history import HistoryEntry
from orders_domain.model.order import Order, rebuild
from orders_domain.model.stock_filter import StockCategory, StockFilter
from orders_domain.model.values.money import to_major_units
from orders_domain.model.values.total_table import total_table
from orders_domain.model.values.user_ids import as_number
from orders_domain.model.values.user_totals import UserTotals
from orders_domain.ports.product_catalog import StockLevels
from orders_domain.use_cases import OrderStatistics, StockHealthReport
from orders_domain.use_cases.catalog.get_stock_health import StockHealth
from orders_flask.contracts.management.translate import SHIPPING, VOCABULARY
from orders_flask.web.context import integer_user_ids

_STOCK_MESSAGES = total_table(
    StockHealth,
    {
        StockHealth.HEALTHY: "All products have sufficient stock",
        StockHealth.WARNING: "Some products are low on stock",
        StockHealth.CRITICAL: "Some products are out of stock",
    },
)


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


def stock_representation(check: StockHealthReport) -> Mapping[str, Any]:
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
        "message": _STOCK_MESSAGES[check.health],
        "stock_summary": _stock_summary(check.levels),
        "filters_applied": {name: value for name, value in _filters(check.stock_filter).items() if value is not None},
    }


def stock_filter_from(query: Mapping[str, Any]) -> StockFilter:
    """Return the filter of a stock check.

    Raises:
        InvalidValue: the minimum exceeds the maximum.
    """
    category = query.get("category")
    return StockFilter(
        category=StockCategory(category) if category else None,
        min_stock=query.get("min_stock"),
        max_stock=query.get("max_stock"),
    )


def _filters(stock_filter: StockFilter) -> Mapping[str, Any]:
    category = stock_filter.category
    return {
        "category": category.value if category else None,
        "min_stock": stock_filter.min_stock,
        "max_stock": stock_filter.max_stock,
    }


def _stock_summary(levels: StockLevels) -> Mapping[str, Any]:
    categories = {category.value: count for category, count in levels.categories.items()}
    total = max(levels.total_products, 1)
    return {
        "summary": {"total_products": levels.total_products},
        "stock_categories": categories,
        "stock_distribution": {name: round(100 * count / total, 2) for name, count in categories.items()},
        "alerts": [
            f"{product.name} is out of stock" if product.stock == 0 else f"{product.name} is low: {product.stock} left"
            for product in levels.low_stock
        ],
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
