"""Past orders of the demonstration: those of the last 60 days, in every state, for the console.

They are stored by a worker in the background. Their events are recorded as sent, because nobody waits for those of the
past.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import structlog

from orders_adapters.sql import order_queries
from orders_adapters.sql.engine import engine
from orders_adapters.sql.unit_of_work import SqlUnpublishedUnitOfWork
from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.life.lines import stock_quantities
from orders_domain.model.life.taken_units import taken_units
from orders_domain.model.order import Order
from orders_domain.model.order_filter import OrderFilter
from orders_domain.model.product import NewProduct, Product
from orders_domain.model.values.money import Money
from orders_flask.bootstrap.demo_lives import SOURCES, live, placed
from orders_flask.settings import Settings

DAYS = 60
_BATCH = 10
_PAUSE = 0.02  # seconds between two batches, for the requests of others
_ADMIN = Actor(subject="admin", role=Role.ADMIN)
_PRODUCTS = (
    ("TEA-2", "Assam Second Flush, 250 g", 1450, 120),
    ("TEA-3", "Sencha Superior, 100 g", 1890, 95),
    ("TEA-4", "Earl Grey, 100 bags", 990, 160),
    ("TEA-5", "Rooibos Vanilla, 250 g", 1120, 70),
    ("TEA-6", "Jasmine Pearls, 50 g", 2400, 40),
    ("CUP-2", "Stoneware mug, 350 ml", 1600, 55),
    ("CUP-3", "Glass cup, double wall", 1250, 60),
    ("POT-2", "Cast iron teapot, 800 ml", 6900, 24),
    ("POT-3", "Glass teapot with infuser", 3900, 30),
    ("SET-1", "Gift box “Afternoon”", 4500, 26),
    ("INF-1", "Tea infuser", 790, 64),
    ("BIS-1", "Shortbread, 200 g", 650, 110),
)
"""SKU, name, price in minor units, and the stock at the beginning of the 60 days."""
_LOW = 12

log = structlog.get_logger(__name__)


@dataclass(kw_only=True)
class PastOrders:
    """A worker that stores the past orders that are missing, a batch at a time, and ends."""

    settings: Settings
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        if self.settings.store_url == "memory://":  # whose orders the pages of another process would not show
            return
        database = engine.create(self.settings.store_url, pool_size=1, schema=self.settings.database_schema)
        try:
            self._store(database, now=datetime.now(UTC))
        except Exception:
            log.exception("demo.past_orders_failed")
        finally:
            database.dispose()

    def _store(self, database: Any, *, now: datetime) -> None:
        stored = _stored(database)
        chance = Random(self.settings.demo_orders)  # noqa: S311 - the same sample at each start
        orders = _orders(self.settings, chance, now=now, products=_products(database, self.settings, now=now))
        missing = [order for order in orders if (order.source, order.reference) not in stored]
        for begin in range(0, len(missing), _BATCH):
            if self.stop.is_set():
                return
            with SqlUnpublishedUnitOfWork(database) as uow:
                for order in missing[begin : begin + _BATCH]:
                    _add(order, uow, chance, now=now)
                uow.commit()
            self.stop.wait(_PAUSE)
        if missing:
            log.info("demo.past_orders_stored", count=len(missing))


def _stored(database: Any) -> set[tuple[str | None, str | None]]:
    queries = order_queries.SqlOrderQueries(database)
    found: set[tuple[str | None, str | None]] = set()
    for source in SOURCES:
        page = queries.search(OrderFilter(source=source, limit=1_000))
        while True:
            found |= {(order.source, order.reference) for order in page.orders}
            if page.next_cursor is None:
                break
            page = queries.search(OrderFilter(source=source, limit=1_000, cursor=page.next_cursor))
    return found


def _products(database: Any, settings: Settings, *, now: datetime) -> Sequence[Product]:
    """Return the products of the past orders; those that are missing are added as of 60 days ago."""
    since = now - timedelta(days=DAYS + 1)
    with SqlUnpublishedUnitOfWork(database) as uow:
        known = uow.products.get_by_sku_for_update({sku for sku, *_ in _PRODUCTS})
        products = [
            known.get(sku)
            or uow.products.add(
                NewProduct(
                    sku=sku,
                    name=name,
                    price=Money(price, settings.default_currency),
                    stock=stock,
                    low_stock_threshold=_LOW,
                ),
                by=_ADMIN,
                at=since,
            )
            for sku, name, price, stock in _PRODUCTS
        ]
        uow.commit()
    return products


def _orders(settings: Settings, chance: Random, *, now: datetime, products: Sequence[Product]) -> list[Order]:
    """Return new orders, oldest first; more of them are placed by day, and of late."""
    number = settings.demo_orders
    ages = sorted((DAYS * chance.random() ** 1.25 for _ in range(number)), reverse=True)
    return [
        placed(
            position,
            at=_by_day(now - timedelta(days=age, minutes=30), chance),
            products=products,
            chance=chance,
        )
        for position, age in enumerate(ages, start=1)
    ]


def _by_day(at: datetime, chance: Random) -> datetime:
    """Return the moment; most of those of the night are moved to the evening before."""
    return at - timedelta(hours=9) if at.hour < 6 and chance.random() < 0.8 else at


def _add(order: Order, uow: SqlUnpublishedUnitOfWork, chance: Random, *, now: datetime) -> None:
    """Store the order as it was placed, and then everything that has happened to it."""
    uow.orders.add(order)
    if order.lines:
        present = uow.products.get_many([line.product_id for line in order.lines])
        for line in order.lines:
            if present[line.product_id].stock < line.quantity:
                uow.stock.restock(line.product_id, 20 + 10 * chance.randrange(6), by=_ADMIN, at=order.created_at)
        uow.stock.deduct(order, by=_ADMIN, at=order.created_at)
    live(order, chance, now=now)
    uow.orders.save(order)
    remaining = taken_units(order)
    returned = {product: units - remaining[product] for product, units in stock_quantities(order).items()}
    if units := {product: count for product, count in returned.items() if count}:  # canceled or restocked
        uow.stock.release_units(order, units, by=_ADMIN, at=order.updated_at)
