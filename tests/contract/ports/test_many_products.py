"""Contract of the bulk methods of ProductRepository."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from orders_adapters.sql.retry import retry_on_contention
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.testing.examples import ADMIN, NOON
from orders_adapters.testing.threads import at_once
from orders_domain import Money
from orders_domain.errors import OrdersError, StoreContention
from orders_domain.model.product import NewProduct, Product
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases import UpsertProducts, upsert_products
from orders_domain.use_cases.catalog.upsert_products import ProductUpsert, UpsertOutcome
from tests.support.stores import Shop


def tea(number: int, *, stock: int = 5) -> NewProduct:
    return NewProduct(sku=f"TEA-{number}", name=f"Tea {number}", price=Money(100, "USD"), stock=stock)


def add(shop: Shop, *products: NewProduct) -> None:
    with shop.unit_of_work() as uow:
        uow.products.add_many(products, by=ADMIN, at=NOON)
        uow.commit()


def stored_products(shop: Shop, *skus: str) -> list[Product]:
    with shop.unit_of_work() as uow:
        return list(uow.products.get_by_sku_for_update(skus).values())


def test_add_many_stores_products_and_stock(shop: Shop) -> None:
    add(shop, tea(1), tea(2, stock=0), tea(3, stock=10**12))

    products = stored_products(shop, "TEA-3", "TEA-1", "TEA-2", "TEA-9")

    assert sorted((product.sku, product.name, product.stock) for product in products) == [
        ("TEA-1", "Tea 1", 5),
        ("TEA-2", "Tea 2", 0),
        ("TEA-3", "Tea 3", 10**12),
    ]


def test_save_many_leaves_other_products(shop: Shop) -> None:
    add(shop, tea(1), tea(2), tea(3))
    first, second, _ = sorted(stored_products(shop, "TEA-1", "TEA-2", "TEA-3"), key=lambda product: product.sku)
    changed = [replace(first, stock=9, name="Black"), replace(second, price=Money(120, "EUR"), low_stock_threshold=0)]

    with shop.unit_of_work() as uow:
        uow.products.get_by_sku_for_update(["TEA-1", "TEA-2"])
        uow.products.save_many(changed, by=ADMIN, at=NOON)
        uow.commit()

    assert sorted(stored_products(shop, "TEA-1", "TEA-2"), key=lambda product: product.sku) == [
        replace(product, version=2) for product in changed
    ]
    (other,) = stored_products(shop, "TEA-3")
    assert (other.name, other.version) == ("Tea 3", 1)


def test_rollback_stores_no_products(shop: Shop) -> None:
    add(shop, tea(1))

    with shop.unit_of_work() as uow:
        held = uow.products.get_by_sku_for_update(["TEA-1"])
        uow.products.save_many([replace(held["TEA-1"], stock=9)], by=ADMIN, at=NOON)
        uow.products.add_many([tea(2)], by=ADMIN, at=NOON)

    assert [product.stock for product in stored_products(shop, "TEA-1", "TEA-2")] == [5]


def test_empty_product_batch_is_accepted(shop: Shop) -> None:
    with shop.unit_of_work() as uow:
        assert uow.products.get_by_sku_for_update([]) == {}
        uow.products.save_many([], by=ADMIN, at=NOON)
        uow.products.add_many([], by=ADMIN, at=NOON)
        uow.commit()


def test_duplicate_sku_is_contention_and_rolls_back(shop: Shop) -> None:
    add(shop, tea(1))

    with shop.unit_of_work() as uow, pytest.raises(StoreContention):
        uow.products.add_many([tea(2), tea(1)], by=ADMIN, at=NOON)

    assert stored_products(shop, "TEA-2") == []


def test_concurrent_upserts_add_each_product_once(shop: Shop) -> None:
    request = UpsertProducts(actor=ADMIN, products={f"TEA-{n}": ProductUpsert(product=tea(n)) for n in range(200)})

    def put(uow: UnitOfWork) -> Callable[[], Sequence[UpsertOutcome]]:
        return lambda: list(retry_on_contention(upsert_products)(request, uow=uow, clock=lambda: NOON).values())

    outcomes = at_once(*(put(shop.unit_of_work()) for _ in range(6)))

    upserts = [became for outcome in outcomes if not isinstance(outcome, OrdersError) for became in outcome]
    assert (upserts.count(UpsertOutcome.ADDED), upserts.count(UpsertOutcome.UNCHANGED)) == (200, 1_000)


def test_stock_equals_sum_of_movements(engine: Engine) -> None:
    def put(stock: int) -> None:
        products = {f"TEA-{n}": ProductUpsert(product=tea(n, stock=stock + n)) for n in range(300)}
        upsert_products(UpsertProducts(actor=ADMIN, products=products), uow=SqlUnitOfWork(engine), clock=lambda: NOON)

    for stock in (5, 2, 2, 7):
        put(stock)

    with engine.connect() as connection:
        wrong = connection.execute(
            text(
                "SELECT sku FROM products p WHERE stock_quantity <> "
                "(SELECT sum(quantity) FROM stock_movements m WHERE m.product_id = p.id)"
            )
        ).all()
        kinds = connection.execute(text("SELECT kind, count(*) FROM stock_movements GROUP BY kind ORDER BY kind"))
        assert [tuple(row) for row in kinds] == [("adjusted", 600), ("initial", 300)]
    assert wrong == []
