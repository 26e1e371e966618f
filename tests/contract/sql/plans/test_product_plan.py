"""Indexes that serve the search of products, however many products there are."""

from collections.abc import Callable

from sqlalchemy import Engine, text

from orders_adapters.sql.product_catalog import SqlProductCatalog
from orders_domain.model.product_filter import ProductFilter
from tests.contract.sql.test_statements import explained, statements
from tests.support.builders import NOON
from tests.support.depth import effort

MANY = effort(30_000, 300_000)
FILL = """
    INSERT INTO products (sku, name, price_minor, currency, stock_quantity, low_stock_threshold, created_at,
                          search_words)
    SELECT 'SKU-' || n, 'Tea ' || n, 1, 'USD', 9, 5, :at, CAST('''sku'' ''tea'' ''' || n || '''' AS tsvector)
    FROM generate_series(1, :many) AS numbers (n)
"""


FILTERS = [
    (ProductFilter(text="tea 777"), "ix_products_search_words"),
    (ProductFilter(text="tea 777", after=500), "ix_products_search_words"),
    (ProductFilter(sku="SKU-77"), "uq_products_sku"),
    (ProductFilter(sku="SKU-77", text="tea"), "uq_products_sku"),
    (ProductFilter(limit=10), "pk_products"),
    (ProductFilter(limit=10, after=500), "pk_products"),
]


def test_products_are_found_by_index(large_postgresql: str, connect: Callable[..., Engine]) -> None:
    engine = connect(large_postgresql, statement_seconds=0)
    with engine.begin() as connection:
        connection.execute(text(FILL), {"at": NOON, "many": MANY})
        connection.execute(text("ANALYZE products"))

    for product_filter, index in FILTERS:
        with statements(engine) as sent:
            page = SqlProductCatalog(engine).search(product_filter)
        plan = explained(engine, sent[0])
        assert (len(sent), bool(page.products)) == (1, True)
        assert "Seq Scan" not in plan, plan
        assert index in plan, plan
