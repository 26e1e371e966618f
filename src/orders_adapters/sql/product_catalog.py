"""Read-only product catalog, one statement per query (two for stock levels). The engine may be that of a replica."""

from collections.abc import Sequence

from sqlalchemy import Engine, bindparam, func, select

from orders_adapters.sql import tables
from orders_adapters.sql.column_types import is_valid_id
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.products import LOCAL_ONLY, to_product
from orders_domain.errors import ProductNotFound
from orders_domain.model.product import Product, ProductId
from orders_domain.ports.product_catalog import ProductCatalog, StockLevels

_products = tables.products.c

_BY_ID = select(tables.products).where(_products.id == bindparam("product_id"), LOCAL_ONLY)
_PAGE = (
    select(tables.products).where(LOCAL_ONLY).order_by(_products.id).offset(bindparam("skip")).limit(bindparam("limit"))
)
_TOTAL = select(func.count()).where(LOCAL_ONLY).scalar_subquery()
# Only low products are counted, because a product without stock is low and the index has only low products.
_OUT_OF_STOCK = (
    select(func.count()).where(_products.low_stock, LOCAL_ONLY, _products.stock_quantity == 0).scalar_subquery()
)
_COUNTS = select(_TOTAL, _OUT_OF_STOCK)
_LOW = (
    select(tables.products)
    .where(_products.low_stock, LOCAL_ONLY)
    .order_by(_products.stock_quantity, _products.id)
    .limit(bindparam("limit"))
)


class SqlProductCatalog(ProductCatalog):
    def __init__(self, engine: Engine) -> None:
        self._engine = engines.autocommit(engine)

    def get(self, product_id: ProductId) -> Product:
        if not is_valid_id(product_id):
            raise ProductNotFound(product_id)
        with translate_errors(), self._engine.connect() as connection:
            row = connection.execute(_BY_ID, {"product_id": product_id}).one_or_none()
        if row is None:
            raise ProductNotFound(product_id)
        return to_product(row)

    def list_page(self, *, offset: int = 0, limit: int = 100) -> Sequence[Product]:
        with translate_errors(), self._engine.connect() as connection:
            return [to_product(row) for row in connection.execute(_PAGE, {"skip": offset, "limit": limit})]

    def stock_levels(self, *, limit: int = 1_000) -> StockLevels:
        with translate_errors(), self._engine.connect() as connection:
            total, out_of_stock = connection.execute(_COUNTS).one()
            low = [to_product(row) for row in connection.execute(_LOW, {"limit": limit})]
        return StockLevels(total_products=total, out_of_stock=out_of_stock, low_stock=tuple(low))
