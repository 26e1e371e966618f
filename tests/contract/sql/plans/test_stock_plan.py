"""Partial index of low products, which a sale does not write."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine, insert, text

from orders_adapters.sql import tables
from orders_adapters.sql.direct_placement import SqlDirectPlacement
from orders_adapters.sql.product_catalog import SqlProductCatalog
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.testing.examples import placed
from orders_domain import Actor, Money
from orders_domain.model.product import NewProduct
from tests.contract.sql.test_statements import explained, statements
from tests.support.builders import ADA, NOON
from tests.support.depth import effort

MANY = effort(5_000, 20_000)

# Of this transaction: updated rows, and those of them whose update wrote no index (HOT).
UPDATED = "SELECT pg_stat_get_xact_tuples_updated('products'::regclass)"
HOT = "SELECT pg_stat_get_xact_tuples_hot_updated('products'::regclass)"


@pytest.fixture
def tea(engine: Engine) -> int:
    return stocked(engine, by=ADA)


def stocked(engine: Engine, *, by: Actor) -> int:
    product = NewProduct(sku="TEA", name="Tea", price=Money(250, "USD"), stock=100, low_stock_threshold=5)
    with SqlUnitOfWork(engine) as uow:
        added = uow.products.add(product, by=by, at=NOON)
        uow.commit()
    return added.id


def test_sale_above_threshold_writes_no_index(on_postgresql: Engine) -> None:
    product_id = stocked(on_postgresql, by=ADA)
    sell = text("UPDATE products SET stock_quantity = stock_quantity - :quantity, version = version + 1 WHERE id = :id")

    with on_postgresql.begin() as connection:
        for _ in range(10):
            connection.execute(sell, {"quantity": 1, "id": product_id})
        assert (connection.scalar(text(UPDATED)), connection.scalar(text(HOT))) == (10, 10)
        connection.execute(sell, {"quantity": 85, "id": product_id})
        assert (connection.scalar(text(UPDATED)), connection.scalar(text(HOT))) == (11, 10)


def test_low_products_are_read_from_index(engine: Engine, tea: int) -> None:
    with engine.begin() as connection:
        connection.execute(insert(tables.products).inline(), [plenty(number) for number in range(MANY)])
        connection.execute(text("ANALYZE"))

    with statements(engine) as sent:
        levels = SqlProductCatalog(engine).stock_levels()

    assert levels.low_stock == ()
    assert [statement for statement in sent if "ix_products_low" in explained(engine, statement)] == sent


def test_order_reads_only_its_products(on_postgresql: Engine) -> None:
    """With so many products a join with all of them seems as cheap to PostgreSQL as three searches by index."""
    with on_postgresql.begin() as connection:
        connection.execute(insert(tables.products).inline(), [plenty(number) for number in range(1_000)])
        connection.execute(text("ANALYZE products"))
    direct = SqlDirectPlacement(on_postgresql, on_commit=lambda: None)

    with statements(on_postgresql) as sent:
        direct.place(lambda products: placed(), product_ids=[7], at=NOON)

    assert len(sent) == 2
    for statement in sent:
        plan = explained(on_postgresql, statement)
        assert "Seq Scan on products" not in plan, plan
        assert "Index Scan using pk_products" in plan, plan


def plenty(number: int) -> dict[str, object]:
    """A product with more units than its threshold."""
    return {
        "sku": str(number), "name": "Tea", "price_minor": 1, "currency": "USD", "stock_quantity": 9,
        "low_stock_threshold": 5, "created_at": NOON,
    }  # fmt: skip


def test_product_is_low_at_its_threshold(engine: Engine, tea: int) -> None:
    seen = []
    for stock in (100, 6, 5, 0, 5, 6):
        with SqlUnitOfWork(engine) as uow:
            uow.products.save(replace(uow.products.get_for_update(tea), stock=stock), by=ADA, at=NOON)
            uow.commit()
        levels = SqlProductCatalog(engine).stock_levels()
        seen.append((levels.total_products, levels.out_of_stock, [low.stock for low in levels.low_stock]))

    assert seen == [(1, 0, []), (1, 0, []), (1, 0, [5]), (1, 1, [0]), (1, 0, [5]), (1, 0, [])]
