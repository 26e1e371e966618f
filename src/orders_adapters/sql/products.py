"""Product repository of one transaction, with single and bulk operations."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, insert, not_, select, update
from sqlalchemy.exc import IntegrityError

from orders_adapters.sql import tables
from orders_adapters.sql.engine.bulk_insert import insert_rows
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.tables.column_types import is_valid_id
from orders_domain.errors import ProductNotFound, SkuTaken, StoreContention
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.product import NewProduct, Product, ProductId
from orders_domain.model.product_audit import MovementKind, ProductChangeKind, field_changes
from orders_domain.model.values.money import Money
from orders_domain.ports.products import ProductRepository

_products = tables.products.c
_ids: BindParameter[Any] = bindparam("ids", expanding=True)

_ADD = insert(tables.products).returning(_products.id)
LOCAL_ONLY = not_(_products.external)  # external products have a row only because orders refer to them
_GET_MANY = select(tables.products).where(_products.id.in_(_ids), LOCAL_ONLY)
_GET_FOR_UPDATE = (
    select(tables.products).where(_products.id == bindparam("product_id"), LOCAL_ONLY).with_for_update(key_share=True)
)
_SAVE = update(tables.products).where(_products.id == bindparam("product_id"))
_GET_BY_SKU_FOR_UPDATE = (
    select(tables.products)
    .where(_products.sku.in_(bindparam("skus", expanding=True)), LOCAL_ONLY)
    .order_by(_products.id)  # the lock order of placed orders
    .with_for_update(key_share=True)
)
_SAVE_MANY = _SAVE.values(
    {
        **{name: bindparam(name) for name in ("name", "price_minor", "currency", "stock_quantity")},
        **{name: bindparam(name) for name in ("low_stock_threshold", "description", "search_words")},
        "version": _products.version + 1,
    }
)


class SqlProductRepository(ProductRepository):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, product: NewProduct, *, by: Actor, at: datetime) -> Product:
        with translate_errors(), _translate_sku_conflict(product):
            product_id = self._connection.execute(_ADD, _values(product) | {"created_at": at}).scalar_one()
        added = _with_id(product, product_id)
        write_movement(self._connection, added.id, MovementKind.INITIAL, added.stock, by=by, at=at)
        _write_additions(self._connection, {added.id: product}, by=by, at=at)
        return added

    def get_many(self, product_ids: Collection[ProductId]) -> Mapping[ProductId, Product]:
        with translate_errors():
            rows = self._connection.execute(_GET_MANY, {"ids": list(filter(is_valid_id, product_ids))}).all()
        return {row.id: to_product(row) for row in rows}

    def get_for_update(self, product_id: ProductId) -> Product:
        if not is_valid_id(product_id):
            raise ProductNotFound(product_id)
        with translate_errors():
            row = self._connection.execute(_GET_FOR_UPDATE, {"product_id": product_id}).one_or_none()
        if row is None:
            raise ProductNotFound(product_id)
        return to_product(row)

    def save(self, product: Product, *, by: Actor, at: datetime) -> Product:
        stored = self.get_for_update(product.id)
        # Only changed columns, because an update of the sku, a key, waits for all open transactions of the product.
        new = dict(_values(product).items() - _values(stored).items())
        saved = replace(product, version=stored.version + 1 if new else stored.version)
        if new:
            with translate_errors(), _translate_sku_conflict(product):
                self._connection.execute(_SAVE.values(new | {"version": saved.version}), {"product_id": product.id})
        if difference := product.stock - stored.stock:
            write_movement(self._connection, product.id, MovementKind.ADJUSTED, difference, by=by, at=at)
        if new:
            write_changes(self._connection, [(stored, saved)], by=by, at=at)
        return saved

    def get_by_sku_for_update(self, skus: Collection[str]) -> Mapping[str, Product]:
        with translate_errors():
            rows = self._connection.execute(_GET_BY_SKU_FOR_UPDATE, {"skus": list(skus)}).all()
        return {row.sku: to_product(row) for row in rows}

    def add_many(self, products: Sequence[NewProduct], *, by: Actor, at: datetime) -> None:
        if not products:
            return
        rows = [_values(product) | {"created_at": at} for product in products]
        with translate_errors():  # no row is returned for a sku that another transaction has inserted
            added = insert_rows(self._connection, tables.products, rows, ignore_conflicts=True, returning=("id", "sku"))
        if len(added) < len(products):
            raise StoreContention("Another transaction has added a product with one of the skus.")
        stock = {product.sku: product.stock for product in products}
        ids = {row.sku: row.id for row in added}
        self._write_movements(
            MovementKind.INITIAL, {ids[sku]: quantity for sku, quantity in stock.items()}, by=by, at=at
        )
        _write_additions(self._connection, {ids[product.sku]: product for product in products}, by=by, at=at)

    def save_many(self, products: Sequence[Product], *, by: Actor, at: datetime) -> None:
        if not products:
            return
        before = self.get_many([product.id for product in products])
        with translate_errors():
            self._connection.execute(
                _SAVE_MANY, [_values(product) | {"product_id": product.id} for product in products]
            )
        differences = {product.id: product.stock - before[product.id].stock for product in products}
        adjusted = {product_id: quantity for product_id, quantity in differences.items() if quantity}
        self._write_movements(MovementKind.ADJUSTED, adjusted, by=by, at=at)
        saved = [replace(product, version=before[product.id].version + 1) for product in products]
        write_changes(self._connection, [(before[product.id], product) for product in saved], by=by, at=at)

    def _write_movements(
        self, kind: MovementKind, quantities: Mapping[ProductId, int], *, by: Actor, at: datetime
    ) -> None:
        common = {"kind": kind, "actor": by.subject, "at": at}
        rows = [common | {"product_id": key, "quantity": quantity} for key, quantity in quantities.items()]
        with translate_errors():
            insert_rows(self._connection, tables.stock_movements, rows)


def write_movement(
    connection: Connection, product_id: ProductId, kind: MovementKind, quantity: int, *, by: Actor, at: datetime
) -> None:
    """Insert a stock movement that belongs to no order."""
    values = {"product_id": product_id, "kind": kind, "quantity": quantity, "actor": by.subject, "at": at}
    with translate_errors():
        connection.execute(insert(tables.stock_movements).inline(), values)


def write_changes(
    connection: Connection,
    changes: Sequence[tuple[Product, Product]],
    *,
    kind: ProductChangeKind = ProductChangeKind.UPDATED,
    by: Actor,
    at: datetime,
) -> None:
    """Insert an entry of the history for each product, before and after its change."""
    entries = [
        {"product_id": after.id, "version": after.version, "kind": kind, "changes": field_changes(before, after)}
        for before, after in changes
    ]
    _write_history(connection, entries, by=by, at=at)


def _write_additions(connection: Connection, added: Mapping[ProductId, NewProduct], *, by: Actor, at: datetime) -> None:
    common: dict[str, Any] = {"version": 1, "kind": ProductChangeKind.ADDED}
    entries = [
        common | {"product_id": product_id, "changes": field_changes(None, product)}
        for product_id, product in added.items()
    ]
    _write_history(connection, entries, by=by, at=at)


def _write_history(connection: Connection, entries: Sequence[dict[str, Any]], *, by: Actor, at: datetime) -> None:
    common: dict[str, Any] = {"at": at, "actor": by.subject, "role": by.role, "request_id": by.request_id}
    with translate_errors():
        insert_rows(connection, tables.product_history, [common | entry for entry in entries])


def to_product(row: Row[Any]) -> Product:
    return Product(
        id=row.id,
        sku=row.sku,
        name=row.name,
        price=Money(row.price_minor, row.currency),
        stock=row.stock_quantity,
        low_stock_threshold=row.low_stock_threshold,
        description=row.description,
        version=row.version,
    )


def _with_id(product: NewProduct, product_id: ProductId) -> Product:
    return Product(
        id=product_id,
        sku=product.sku,
        name=product.name,
        price=product.price,
        stock=product.stock,
        low_stock_threshold=product.low_stock_threshold,
        description=product.description,
    )


def _values(product: NewProduct) -> dict[str, Any]:
    return {
        "sku": product.sku,
        "name": product.name,
        "price_minor": product.price.minor,
        "currency": product.price.currency,
        "stock_quantity": product.stock,
        "low_stock_threshold": product.low_stock_threshold,
        "description": product.description,
        "search_words": " ".join(product.search_words),
    }


@contextmanager
def _translate_sku_conflict(product: NewProduct) -> Iterator[None]:
    """Translate the violation of a unique constraint, which aborts the transaction on PostgreSQL."""
    try:
        yield
    except IntegrityError as error:
        if "sku" in str(error.orig):
            raise SkuTaken(product.sku) from error
        if "pk_products" in str(error.orig):
            raise StoreContention("Another transaction has inserted an external product with this id.") from error
        raise
