"""Reading products, one statement a question (two for the stock's levels). The engine may be that of a replica."""

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

_ONE = select(tables.products).where(_products.id == bindparam("product_id"), LOCAL_ONLY)
_PAGE = (
    select(tables.products).where(LOCAL_ONLY).order_by(_products.id).offset(bindparam("skip")).limit(bindparam("most"))
)
_ALL = select(func.count()).where(LOCAL_ONLY).scalar_subquery()
# What there is none of is low, too.
_OUT = select(func.count()).where(_products.low, LOCAL_ONLY, _products.stock_quantity == 0).scalar_subquery()
_COUNTED = select(_ALL, _OUT)
_LOW = (
    select(tables.products)
    .where(_products.low, LOCAL_ONLY)
    .order_by(_products.stock_quantity, _products.id)
    .limit(bindparam("most"))
)


class SqlProductCatalog(ProductCatalog):
    def __init__(self, engine: Engine) -> None:
        self._engine = engines.autocommit(engine)

    def get(self, product_id: ProductId) -> Product:
        if not is_valid_id(product_id):
            raise ProductNotFound(product_id)
        with translate_errors(), self._engine.connect() as connection:
            row = connection.execute(_ONE, {"product_id": product_id}).one_or_none()
        if row is None:
            raise ProductNotFound(product_id)
        return to_product(row)

    def list_page(self, *, offset: int = 0, limit: int = 100) -> Sequence[Product]:
        with translate_errors(), self._engine.connect() as connection:
            return [to_product(row) for row in connection.execute(_PAGE, {"skip": offset, "most": limit})]

    def stock_levels(self, *, limit: int = 1_000) -> StockLevels:
        with translate_errors(), self._engine.connect() as connection:
            total, out = connection.execute(_COUNTED).one()
            low = [to_product(row) for row in connection.execute(_LOW, {"most": limit})]
        return StockLevels(total_products=total, out_of_stock=out, low_stock=tuple(low))
