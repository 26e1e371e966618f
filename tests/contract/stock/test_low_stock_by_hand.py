"""Alerts of low stock when a product itself is changed: once a crossing, on every store."""

from collections.abc import Callable
from typing import Any

import pytest

from orders_adapters.testing.examples import ADMIN
from orders_adapters.testing.threads import at_once
from orders_domain import use_cases
from orders_domain.model.events import STOCK_LOW, Event
from orders_domain.model.product import NewProduct, Product
from orders_domain.ports.outbox import OutboxState
from orders_domain.use_cases import ProductUpsert, RestockProduct, UpdateProduct, UpsertProducts
from tests.support.shop import Shop

pytestmark = pytest.mark.clause("002-30")


def update(shop: Shop, product: Product, **values: int) -> Product:
    request = UpdateProduct(actor=ADMIN, product_id=product.id, **values)  # type: ignore[arg-type]
    return shop.bound(use_cases.update_product)(request, uow=shop.unit_of_work(), clock=shop.clock)


def upsert(shop: Shop, product: Product, **values: int) -> None:
    new = NewProduct(
        **{"sku": product.sku, "name": product.name, "price": product.price, "low_stock_threshold": 5, **values}  # type: ignore[arg-type]
    )
    request = UpsertProducts(actor=ADMIN, products={product.sku: ProductUpsert(product=new)})
    shop.bound(use_cases.upsert_products)(request, uow=shop.unit_of_work(), clock=shop.clock)


def alerts(shop: Shop) -> list[Event]:
    messages = shop.outbox.select(states=frozenset(OutboxState), limit=10_000)
    return [message.event for message in messages if message.event.type == STOCK_LOW]


CROSSINGS: dict[str, Callable[[Shop, Product], object]] = {
    "update of the stock": lambda shop, product: update(shop, product, stock=5),
    "update of the threshold": lambda shop, product: update(shop, product, low_stock_threshold=10),
    "import of the stock": lambda shop, product: upsert(shop, product, stock=0),
    "import of the threshold": lambda shop, product: upsert(shop, product, stock=10, low_stock_threshold=12),
    "order": lambda shop, product: shop.order({product.id: 5}),
}
ABOVE: dict[str, Any] = {"stock": 10, "low_stock_threshold": 5}


@pytest.mark.parametrize("way", CROSSINGS)
def test_crossing_alerts_once_and_again_after_restocking(warehouse: Shop, way: str) -> None:
    product = warehouse.add(stock=10, threshold=5)
    assert alerts(warehouse) == []

    CROSSINGS[way](warehouse, product)
    assert len(alerts(warehouse)) == 1

    update(warehouse, product, stock=0)  # still low
    assert len(alerts(warehouse)) == 1

    request = RestockProduct(actor=ADMIN, product_id=product.id, quantity=10)
    warehouse.bound(use_cases.restock_product)(request, uow=warehouse.unit_of_work(), clock=warehouse.clock)
    update(warehouse, product, **ABOVE)
    assert len(alerts(warehouse)) == 1

    CROSSINGS[way](warehouse, product)
    first, second = alerts(warehouse)
    assert first.id != second.id
    assert all(event.data["product_id"] == product.id for event in (first, second))


def test_change_above_the_threshold_alerts_nobody(warehouse: Shop) -> None:
    product = warehouse.add(stock=10, threshold=5)

    update(warehouse, product, stock=6)
    upsert(warehouse, product, stock=7)
    warehouse.add(stock=0, threshold=5)  # new, so that it crossed nothing

    assert alerts(warehouse) == []


def test_rolled_back_change_alerts_nobody(warehouse: Shop) -> None:
    product = warehouse.add(stock=10, threshold=5)
    new = NewProduct(sku=product.sku, name=product.name, price=product.price, stock=0)
    request = UpsertProducts(actor=ADMIN, products={product.sku: ProductUpsert(product=new)}, dry_run=True)

    use_cases.upsert_products(request, uow=warehouse.unit_of_work(), clock=warehouse.clock)

    assert alerts(warehouse) == []


def test_racing_changes_alert_once_a_crossing(warehouse: Shop) -> None:
    product = warehouse.add(stock=8, threshold=5)

    changes: list[Callable[[], object]] = [
        lambda: update(warehouse, product, stock=5),
        lambda: upsert(warehouse, product, stock=4),
        lambda: warehouse.order({product.id: 3}),
    ]

    at_once(*changes * 2)

    assert len(alerts(warehouse)) == 1
