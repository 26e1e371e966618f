"""Contract of ProductRepository and Stock, on every adapter; and what the use cases and the tables add."""

from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from orders_adapters.testing.catalog.products import ProductRepositoryTests
from orders_adapters.testing.catalog.stock import StockTests
from orders_adapters.testing.examples import ADMIN, NOON
from orders_domain import Money
from orders_domain.errors import InsufficientStock, InvalidValue, VersionMismatch
from orders_domain.model.product import MAX_STOCK
from orders_domain.use_cases import RestockProduct, UpdateProduct, restock_product, update_product
from tests.support.shop import DatabaseShop, InMemoryShop, Shop


class TestProductRepository(ProductRepositoryTests):
    pass


class TestStock(StockTests):
    pass


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest) -> Shop:
    """An empty store with its use cases, on every adapter."""
    return InMemoryShop() if request.param == "memory" else DatabaseShop(request.getfixturevalue(request.param))


def test_stale_version_changes_nothing(shop: Shop) -> None:
    [tea] = shop.stocked(10)
    shop.order({tea: 3})
    ports: dict[str, Any] = {"uow": shop.unit_of_work(), "clock": lambda: NOON}

    with pytest.raises(VersionMismatch):
        update_product(
            UpdateProduct(actor=ADMIN, product_id=tea, stock=15, versions=frozenset({1})),
            **ports,
        )
    with pytest.raises(VersionMismatch):
        restock_product(RestockProduct(actor=ADMIN, product_id=tea, quantity=5, versions=frozenset({1})), **ports)

    assert shop.catalog.get(tea).stock == 7
    shop.ledger().require_agreement()


@pytest.mark.parametrize("quantity", [0, -1, MAX_STOCK + 1, 10**30, 1.5, True, "2", None], ids=repr)
def test_invalid_quantity_is_not_restocked(shop: Shop, quantity: Any) -> None:
    [tea] = shop.stocked(10)

    with pytest.raises(InvalidValue):
        shop.restock(tea, quantity)

    assert shop.ledger().stock == {tea: 10}


def test_order_retains_its_price(shop: Shop) -> None:
    [tea] = shop.stocked(10)
    order = shop.order({tea: 2})

    shop.adjust(tea, price=99.99)

    assert shop.queries.get(order.id).total == Money(500, "USD")
    assert shop.order({tea: 2}).total == Money(19998, "USD")


def test_shortages_are_sorted_by_product(shop: Shop) -> None:
    [tea] = shop.stocked(10)

    with pytest.raises(InsufficientStock) as refusal:
        shop.order({tea: 1, 2**62: 2, -7: 3})

    assert [shortage.product_id for shortage in refusal.value.shortages] == [-7, 2**62]


class TestSchema:
    @pytest.mark.parametrize(
        "wrong",
        [
            "UPDATE products SET stock_quantity = -1",
            "UPDATE products SET price_minor = -1",
            "UPDATE products SET low_stock_threshold = -1",
            "UPDATE order_items SET quantity = 0",
            "UPDATE order_items SET subtotal_minor = 1",
            "UPDATE order_items SET product_id = 99",
            "UPDATE stock_movements SET order_id = NULL",
            "UPDATE stock_movements SET kind = 'stolen'",
            "DELETE FROM products",
            (
                "INSERT INTO stock_movements (product_id, order_id, kind, quantity, actor, at) "
                "SELECT product_id, order_id, kind, quantity, actor, at FROM stock_movements"
            ),
        ],
    )
    @pytest.mark.clause("002-19")
    def test_schema_rejects_invalid_stock(self, engine: Engine, wrong: str) -> None:
        shop = DatabaseShop(engine)
        [tea] = shop.stocked(10)
        shop.order({tea: 1})

        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text(wrong))

    @pytest.mark.clause("002-19")
    def test_order_items_are_stored_with_prices(self, engine: Engine) -> None:
        shop = DatabaseShop(engine)
        tea, milk = shop.stocked(10, 10)
        shop.order({milk: 2, tea: 3})

        with engine.connect() as connection:
            columns = "position, product_id, quantity, unit_price_minor, subtotal_minor"
            rows = connection.execute(text(f"SELECT {columns} FROM order_items ORDER BY position")).all()

        assert [tuple(row) for row in rows] == [(0, tea, 3, 250, 750), (1, milk, 2, 250, 500)]
