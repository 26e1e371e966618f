"""In-memory analytics reader, which computes from all orders on every call."""

from collections import defaultdict
from datetime import datetime

from orders_adapters.memory.store import InMemoryStore
from orders_domain.model.analytics import MAX_PRODUCTS, Analytics, Period, ProductSales, StatusTotals
from orders_domain.model.order import Order
from orders_domain.model.product import ProductId
from orders_domain.model.status import OrderStatus


class InMemoryAnalyticsReader:
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def __call__(self, period: Period) -> Analytics:
        with self._store.read_lock:
            orders = [order for order in self._store.orders.values() if _counts(order, period)]
            products = self._store.external_products | self._store.products
            names = {product.id: product.name for product in products.values()}
        return Analytics(period=period, status_totals=_status_totals(orders, period), top_products=_top(orders, names))


def _counts(order: Order, period: Period) -> bool:
    return (
        period.since <= order.created_at < period.before
        and order.deleted_at is None
        and order.total.currency == period.currency
    )


def _status_totals(orders: list[Order], period: Period) -> tuple[StatusTotals, ...]:
    totals: dict[tuple[datetime, OrderStatus], list[int]] = defaultdict(list)
    for order in orders:
        totals[period.bucket_start(order.created_at), order.status].append(order.total.minor)
    return tuple(
        StatusTotals(start=start, status=status, orders=len(minor), minor=sum(minor))
        for (start, status), minor in totals.items()
    )


def _top(orders: list[Order], names: dict[ProductId, str]) -> tuple[ProductSales, ...]:
    quantities: dict[ProductId, int] = defaultdict(int)
    minor: dict[ProductId, int] = defaultdict(int)
    for line in (line for order in orders if order.status is not OrderStatus.CANCELED for line in order.lines):
        quantities[line.product_id] += line.quantity
        minor[line.product_id] += line.subtotal.minor
    best = sorted(quantities, key=lambda product_id: (-minor[product_id], product_id))[:MAX_PRODUCTS]
    return tuple(
        ProductSales(product_id=key, name=names[key], quantity=quantities[key], minor=minor[key]) for key in best
    )
