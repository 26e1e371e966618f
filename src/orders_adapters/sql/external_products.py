"""Products of an external catalog to which orders refer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.errors import translate_errors
from orders_domain.model.product import Product

_products = tables.products.c

_EXISTING = select(_products.id, _products.name, _products.price_minor, _products.currency, _products.external).where(
    _products.id.in_(bindparam("ids", expanding=True))
)
_ADD: dict[str, Any] = {
    "postgresql": postgresql.insert(tables.products).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(tables.products).on_conflict_do_nothing(),
}
_CHANGE = (
    update(tables.products)
    .where(_products.id == bindparam("product_id"), _products.external)
    .values({name: bindparam(name) for name in ("name", "price_minor", "currency")})
)
# The sequence is advanced, because new local products must not get the ids of external ones. (SQLite does that itself.)
_ADVANCE = text("""
    SELECT setval('products_id_seq', :last) FROM products_id_seq, pg_advisory_xact_lock(
        :lock # CASE current_schema() WHEN 'public' THEN 0 ELSE hashtext(current_schema()::text) END
    ) WHERE last_value < :last
""")  # locks as SCHEMA_KEY does
_LOCK = 0x70726F64  # the letters "prod"


def upsert(connection: Connection, products: Sequence[Product], *, at: datetime) -> None:
    """Upsert the products, which are ordered by id, with their current name and price."""
    with translate_errors():
        ids = [product.id for product in products]
        existing = {row.id: row for row in connection.execute(_EXISTING, {"ids": ids})}
        if new := [_values(product) | {"created_at": at} for product in products if product.id not in existing]:
            connection.execute(_ADD[connection.dialect.name], new)
            if connection.dialect.name == "postgresql":
                connection.execute(_ADVANCE, {"last": max(row["id"] for row in new), "lock": _LOCK})
        for product in products:
            if (
                (row := existing.get(product.id))
                and row.external
                and _catalog_values(product) != (row.name, row.price_minor, row.currency)
            ):
                name, price_minor, currency = _catalog_values(product)
                changed = {"name": name, "price_minor": price_minor, "currency": currency}
                connection.execute(_CHANGE, changed | {"product_id": product.id})


def _catalog_values(product: Product) -> tuple[str, int, str]:
    return product.name, product.price.minor, product.price.currency


def _values(product: Product) -> dict[str, Any]:
    name, price_minor, currency = _catalog_values(product)
    return {
        "id": product.id,
        "sku": product.sku,
        "name": name,
        "price_minor": price_minor,
        "currency": currency,
        "stock_quantity": 0,
        "low_stock_threshold": 0,
        "external": True,
    }
