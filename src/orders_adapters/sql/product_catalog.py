"""Read-only product catalog, one statement per query (two for stock). The engine may be that of a replica."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Engine, Integer, Row, Select, String, bindparam, cast, func, select, union_all
from sqlalchemy.dialects.postgresql import TSQUERY

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.products import LOCAL_ONLY, to_product
from orders_adapters.sql.tables.column_types import is_valid_id
from orders_domain.errors import ProductNotFound
from orders_domain.model.product import Product, ProductId
from orders_domain.model.product_audit import MovementCursor, MovementPage, ProductChange, ProductHistoryPage
from orders_domain.model.product_filter import ProductFilter, ProductPage
from orders_domain.model.stock_filter import StockFilter, StockRange, range_of
from orders_domain.ports.product_catalog import ALL_STOCK, ProductCatalog, StockLevels, StockRangeLevel

_products = tables.products.c

_BY_ID = select(tables.products).where(_products.id == bindparam("product_id"), LOCAL_ONLY)
# The words and the position of the page are literals, because a planner that does not know them expects to meet a
# match soon, and so would read the products one by one.
_PAGE = (
    select(tables.products)
    .where(LOCAL_ONLY)
    .order_by(_products.id)
    .offset(bindparam("skip", type_=Integer, literal_execute=True))
    .limit(bindparam("limit", type_=Integer, literal_execute=True))
)
_AFTER = _products.id > bindparam("after", type_=_products.id.type, literal_execute=True)
_SKU = _products.sku == bindparam("sku", type_=String)
_WORDS_IN_INDEX = _products.search_words.op("@@", is_comparison=True)(
    cast(bindparam("words", type_=String, literal_execute=True), TSQUERY)
)
_movements = tables.stock_movements.c
_history = tables.product_history.c
# The stock is read in the statement of the movements, because both must be of the same moment.
_MOVEMENTS = (
    select(
        _movements.id,
        _movements.at,
        _movements.kind,
        _movements.quantity,
        _movements.order_id,
        tables.orders.c.number.label("order_number"),
        _movements.actor,
        select(_products.stock_quantity)
        .where(_products.id == bindparam("product_id"), LOCAL_ONLY)
        .scalar_subquery()
        .label("stock"),
    )
    .select_from(tables.stock_movements.outerjoin(tables.orders, _movements.order_id == tables.orders.c.id))
    .where(_movements.product_id == bindparam("product_id"))
    .order_by(_movements.id.desc())
    .limit(bindparam("limit"))
)
_HISTORY = (
    select(tables.product_history)
    .where(_history.product_id == bindparam("product_id"))
    .order_by(_history.version.desc())
    .limit(bindparam("limit"))
)
_COUNT = select(func.count()).where(LOCAL_ONLY)
# Only low products are counted, because a product without stock is low and the index has only low products.
_OUT_OF_STOCK = _COUNT.where(_products.low_stock, _products.stock_quantity == 0)
_AT_MOST_LOW = _COUNT.where(_products.low_stock)
_BY_STOCK = select(tables.products).where(LOCAL_ONLY).order_by(_products.stock_quantity, _products.id)
_LOW = _BY_STOCK.where(_products.low_stock).limit(bindparam("limit"))


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

    def search(self, product_filter: ProductFilter) -> ProductPage:
        statement = _PAGE
        values: dict[str, object] = {"skip": product_filter.offset, "limit": product_filter.limit + 1}
        if product_filter.after is not None:
            statement, values["after"] = statement.where(_AFTER), product_filter.after
        if product_filter.sku is not None:
            statement, values["sku"] = statement.where(_SKU), product_filter.sku
        if product_filter.words and self._engine.dialect.name == "postgresql":
            statement = statement.where(_WORDS_IN_INDEX)
            values["words"] = " & ".join(f"'{word}':*" for word in product_filter.words)
        elif product_filter.words:
            in_text = (func.instr(" " + _products.search_words, f" {word}") > 0 for word in product_filter.words)
            statement = statement.where(*in_text)
        with translate_errors(), self._engine.connect() as connection:
            rows = connection.execute(statement, values).all()
        return ProductPage.from_rows([to_product(row) for row in rows], product_filter.limit)

    def movements(
        self, product_id: ProductId, *, limit: int = 100, cursor: MovementCursor | None = None
    ) -> MovementPage:
        statement = _MOVEMENTS if cursor is None else _MOVEMENTS.where(_movements.id < bindparam("before"))
        values = {"product_id": product_id, "limit": limit + 1, "before": cursor and cursor.before}
        rows = self._audit(product_id, statement, values)
        stock = cursor.stock if cursor else rows[0].stock if rows else 0
        fields = [{name: value for name, value in row._mapping.items() if name != "stock"} for row in rows]
        return MovementPage.from_rows(fields, stock=stock, limit=limit)

    def history(self, product_id: ProductId, *, limit: int = 100, before: int | None = None) -> ProductHistoryPage:
        statement = _HISTORY if before is None else _HISTORY.where(_history.version < bindparam("before"))
        values = {"product_id": product_id, "limit": limit + 1, "before": before}
        rows = self._audit(product_id, statement, values)
        return ProductHistoryPage.from_rows([ProductChange(**row._mapping) for row in rows], limit)

    def _audit(self, product_id: ProductId, statement: Select[Any], values: dict[str, Any]) -> Sequence[Row[Any]]:
        """Return the rows of a product, which has at least one unless it does not exist or was added long ago."""
        if not is_valid_id(product_id):
            raise ProductNotFound(product_id)
        with translate_errors(), self._engine.connect() as connection:
            rows = connection.execute(statement, values).all()
        if not rows:
            self.get(product_id)
        return rows

    def stock_levels(self, stock_filter: StockFilter = ALL_STOCK, *, limit: int = 1_000) -> StockLevels:
        matching = _stock_conditions(stock_filter)
        counts = (count.where(*matching).scalar_subquery() for count in (_COUNT, _OUT_OF_STOCK, _AT_MOST_LOW))
        with translate_errors(), self._engine.connect() as connection:
            total, out_of_stock, at_most_low = connection.execute(select(*counts)).one()
            low = [to_product(row) for row in connection.execute(_LOW.where(*matching), {"limit": limit})]
        return StockLevels(
            total_products=total, out_of_stock=out_of_stock, low=at_most_low - out_of_stock, low_stock=tuple(low)
        )

    def stock_ranges(
        self, stock_filter: StockFilter = ALL_STOCK, *, limit: int = 1_000
    ) -> Mapping[StockRange, StockRangeLevel]:
        matching = _stock_conditions(stock_filter)
        conditions = {each: [*matching, *_within(each.least, each.most)] for each in StockRange}
        counts = select(*(_COUNT.where(*those).scalar_subquery() for those in conditions.values()))
        firsts = (_BY_STOCK.where(*those).limit(limit).subquery() for those in conditions.values())
        with translate_errors(), self._engine.connect() as connection:
            numbers = connection.execute(counts).one()
            rows = connection.execute(union_all(*map(select, firsts))).all()
        found: dict[StockRange, list[Product]] = {each: [] for each in StockRange}
        for product in sorted(map(to_product, rows), key=lambda product: (product.stock, product.id)):
            found[range_of(product)].append(product)
        return {
            each: StockRangeLevel(count=number, products=tuple(found[each]))
            for each, number in zip(StockRange, numbers, strict=True)
        }


def _stock_conditions(stock_filter: StockFilter) -> list[ColumnElement[bool]]:
    return _within(stock_filter.min_stock, stock_filter.max_stock)


def _within(least: int | None, most: int | None) -> list[ColumnElement[bool]]:
    stock = _products.stock_quantity
    return [*([] if least is None else [stock >= least]), *([] if most is None else [stock <= most])]
