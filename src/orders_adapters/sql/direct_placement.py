"""Direct placement on PostgreSQL: one statement reads the key and the products, and one writes the order or nothing.

A unit of work needs eight round trips for the same rows. The statement that writes locks the key and then the products
in the order of their ids, as ``idempotency_keys`` and ``stock`` do, and decides by the locked rows. Every insert
depends on that decision.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    FetchedValue,
    FromClause,
    Insert,
    String,
    Table,
    bindparam,
    cast,
    column,
    exists,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.exc import IntegrityError

from orders_adapters.sql import idempotency_keys, tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.engine.compiled_statement import CompiledStatement
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.mappers import Values, entry_values, event_values, order_values
from orders_adapters.sql.products import LOCAL_ONLY
from orders_adapters.sql.tables.column_types import is_valid_id, quoted
from orders_domain.errors import OrdersError
from orders_domain.model import events
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.order import Order
from orders_domain.model.product import Product, ProductId
from orders_domain.model.product_audit import MovementKind
from orders_domain.model.search.order_words import order_words
from orders_domain.model.values.money import Money
from orders_domain.ports.direct_placement import DirectPlacement
from orders_domain.ports.outbox import DUE_AT_ONCE

_BIGINTS = ARRAY(BigInteger)
_products = tables.products.c


class SqlDirectPlacement(DirectPlacement):
    """Direct placement on a PostgreSQL engine.

    Args:
        engine: the engine of a PostgreSQL database.
        on_commit: called after each placed order to wake the relay of this process. It must not block or raise.
    """

    def __init__(self, engine: Engine, *, on_commit: Callable[[], None]) -> None:
        self._autocommit = engines.autocommit(engine)
        self._on_commit = on_commit

    def place(
        self,
        build: Callable[[Mapping[ProductId, Product]], Order],
        *,
        product_ids: Collection[ProductId] = (),
        idempotency_key: IdempotencyKey | None = None,
        at: datetime,
    ) -> Order | None:
        number = None
        with translate_errors(), self._autocommit.connect() as connection:
            products = _read(connection, product_ids, idempotency_key, at) if product_ids or idempotency_key else {}
            try:
                order = build(products)
            except OrdersError:
                return None
            with suppress(IntegrityError):  # the cart, the key or the order was stored meanwhile
                written = _write(keyed=bool(idempotency_key)).execute(connection, _values(order, idempotency_key))
                number = written[0][0] if written else None
        if number is None:
            return None
        order.number = number
        order.new_entries.clear()
        self._on_commit()
        return order


def _read(
    connection: Connection, product_ids: Collection[ProductId], key: IdempotencyKey | None, at: datetime
) -> Mapping[ProductId, Product]:
    """Return the products that exist, after a check that the key is not stored."""
    values = {"ids": list(filter(is_valid_id, product_ids))}
    lookup = idempotency_keys.lookup_values(key, at=at) if key else {}
    rows = _reading(keyed=bool(key)).execute(connection, values | lookup)
    products, stored = [row[: len(_READ)] for row in rows], rows[0][len(_READ) :]
    if key and stored[0] is not None:
        idempotency_keys.ensure_new(key, idempotency_keys.stored_row(stored))
    return {product[0]: _product(*product) for product in products if product[0] is not None}


_READ = itemgetter(
    "id", "sku", "name", "price_minor", "currency", "stock_quantity", "low_stock_threshold", "description", "version"
)(_products)
"""The columns of a product, in the order of the parameters of ``_product``."""


@cache
def _reading(*, keyed: bool) -> CompiledStatement:
    """Select each of the products that exist, beside the key and its order, if it is stored."""
    one_row = idempotency_keys.NO_LOCK.subquery()
    stored = idempotency_keys.with_stored_order(one_row) if keyed else one_row
    wanted = _is_requested() & LOCAL_ONLY
    columns = [column.label(f"product_{column.name}") for column in _READ]
    return CompiledStatement(
        select(*columns, *(idempotency_keys.STORED_COLUMNS if keyed else ())).select_from(
            stored.outerjoin(tables.products, wanted)
        )
    )


def _product(
    product_id: int,
    sku: str,
    name: str,
    price: int,
    currency: str,
    stock: int,
    threshold: int,
    description: str | None,
    version: int,
) -> Product:
    return Product(
        id=product_id,
        sku=sku,
        name=name,
        price=Money(price, currency),
        stock=stock,
        low_stock_threshold=threshold,
        description=description,
        version=version,
    )


@cache
def _write(*, keyed: bool) -> CompiledStatement:
    """Insert all rows of an order and deduct its stock if the locked rows permit it, and select the order's number."""
    key_lock = idempotency_keys.KEY_LOCK.cte("key_lock") if keyed else idempotency_keys.NO_LOCK.cte("key_lock")
    acquired = select(key_lock.c.acquired).scalar_subquery()
    requested = _requested()
    locked = _locked(acquired)
    decision = select((acquired & _is_usual(locked, requested) & _user_exists()).label("permits")).cte("decision")
    permits = select(decision.c.permits).scalar_subquery()

    numbered = {**_parameters(tables.orders), "number": func.nextval("order_numbers", type_=BigInteger)}
    placed = _inserting(tables.orders, numbered, permits).returning(tables.orders.c.number).cte("placed")
    deducted = (
        update(tables.products)
        .where(permits, _is_requested(), locked.c.id == _products.id, requested.c.product_id == _products.id)
        .values(stock_quantity=locked.c.stock_quantity - requested.c.quantity, version=locked.c.version + 1)
    )
    others = [tables.order_history, tables.outbox, *([tables.idempotency_keys] if keyed else [])]
    changes = {
        "products": deducted,
        "order_items": _inserting(tables.order_items, _item_values(requested), permits, requested),
        "stock_movements": _inserting(tables.stock_movements, _movement_values(requested), permits, requested),
        **{table.name: _inserting(table, _parameters(table), permits) for table in others},
        "order_words": _inserting(tables.order_words, _word_values(placed), permits, placed),
    }
    return CompiledStatement(
        select(placed.c.number).add_cte(*(change.cte(f"changed_{name}") for name, change in changes.items()))
    )


def _requested() -> Any:
    """Return the lines of the order, in their order."""
    arrays = (bindparam(name, type_=_BIGINTS) for name in ("ids", "quantities", "prices"))
    columns = (column(name, BigInteger) for name in ("product_id", "quantity", "price"))
    return func.unnest(*arrays).table_valued(*columns, with_ordinality="ordinal").render_derived(name="requested")


def _is_requested() -> ColumnElement[bool]:
    """Whether a product is one of the order's; without it, PostgreSQL joins with all products to update some."""
    return _products.id == func.any(bindparam("ids", type_=_BIGINTS))


def _locked(acquired: ColumnElement[bool]) -> CTE:
    """Lock the products of the order, in the order of their ids, once the key is locked."""
    return (
        select(tables.products)
        .where(acquired, _is_requested())
        .order_by(_products.id)
        .with_for_update(key_share=True)
        .cte("locked")
    )


def _is_usual(locked: CTE, requested: Any) -> ColumnElement[bool]:
    """Whether every product is unchanged and has the stock, and none reaches its threshold by this order."""
    remaining = locked.c.stock_quantity - requested.c.quantity
    was_low = locked.c.stock_quantity <= locked.c.low_stock_threshold
    is_usual = (
        ~locked.c.external
        & (locked.c.price_minor == requested.c.price)
        & (locked.c.currency == _order_parameter("currency"))
        & (remaining >= 0)
        & ((remaining > locked.c.low_stock_threshold) | was_low)
    )
    same_product = requested.c.product_id == locked.c.id
    usual = select(func.count()).select_from(locked.join(requested, same_product)).where(is_usual).scalar_subquery()
    return usual == func.cardinality(bindparam("ids", type_=_BIGINTS))


def _user_exists() -> ColumnElement[bool]:
    """Whether the user's row exists, because its insert may wait for another transaction, with the products locked."""
    user = bindparam("orders_user_id", type_=tables.users.c.id.type)
    return user.is_(None) | exists().where(tables.users.c.id == user)


def _item_values(requested: Any) -> Values:
    return {
        "order_id": _order_parameter("id"),
        "position": requested.c.ordinal - 1,
        "product_id": requested.c.product_id,
        "quantity": requested.c.quantity,
        "unit_price_minor": requested.c.price,
        "subtotal_minor": requested.c.quantity * requested.c.price,
        "placed_at": _order_parameter("created_at"),
    }


def _movement_values(requested: Any) -> Values:
    return {
        "product_id": requested.c.product_id,
        "order_id": _order_parameter("id"),
        "kind": literal(MovementKind.DEDUCTED, tables.stock_movements.c.kind.type),
        "quantity": -requested.c.quantity,
        "actor": bindparam("order_history_actor"),
        "at": _order_parameter("created_at"),
    }


def _word_values(placed: CTE) -> Values:
    """Return the words of the order, with its number, which nobody knows before."""
    number = cast(placed.c.number, String)
    words = bindparam("order_words", type_=String).op("||")(literal_column("' '")).op("||")(number)
    return {"order_id": _order_parameter("id"), "words": cast(words, TSVECTOR)}


def _order_parameter(name: str) -> ColumnElement[Any]:
    return bindparam(f"orders_{name}", type_=tables.orders.c[name].type)


_EQUAL = {
    "orders_id": ("order_history_order_id", "outbox_order_id", "idempotency_keys_order_id"),
    "orders_created_at": ("orders_updated_at", "order_history_at", "outbox_at", "idempotency_keys_at"),
    "order_history_traceparent": ("outbox_traceparent",),
    "orders_version": ("order_history_version", "outbox_version"),
}
"""Columns of a placed order that have the value of another one. Each parameter costs the driver 4 microseconds."""
_PARAMETER_OF = {column: parameter for parameter, columns in _EQUAL.items() for column in columns}
_CONSTANT: Mapping[str, ColumnElement[Any]] = {
    "orders_deleted_at": null(),
    "orders_cancellation_reason": null(),
    "order_history_from_status": null(),
    "outbox_attempts": literal_column("0"),
    "outbox_due_at": literal_column(f"TIMESTAMPTZ '{DUE_AT_ONCE.isoformat()}'"),
    "outbox_last_error": null(),
}
"""Columns of every placed order that have one value."""


def _parameters(table: Table) -> Values:
    """Return a parameter or a constant for each column whose value the database does not generate."""
    names = {column.name: f"{table.name}_{column.name}" for column in table.columns if not _is_generated(column)}
    return {
        column: _CONSTANT[name]
        if name in _CONSTANT
        else bindparam(_PARAMETER_OF.get(name, name), type_=table.c[column].type)
        for column, name in names.items()
    }


def _is_generated(column: Column[Any]) -> bool:
    return column.identity is not None or type(column.server_default) is FetchedValue


def _inserting(table: Table, values: Values, permits: ColumnElement[bool], *sources: FromClause) -> Insert:
    rows = select(*values.values()).select_from(*sources).where(permits)
    return insert(table).from_select(list(values), rows, include_defaults=False)


def _values(order: Order, key: IdempotencyKey | None) -> Values:
    (entry,) = order.new_entries
    rows = {
        tables.orders: order_values(order),
        tables.order_history: entry_values(entry),
        tables.outbox: event_values(events.event_for(entry, order)),
        **({tables.idempotency_keys: idempotency_keys.key_values(key, order)} if key else {}),
    }
    parameters = {f"{table.name}_{name}": value for table, row in rows.items() for name, value in row.items()}
    lines = {
        "ids": [line.product_id for line in order.lines],
        "quantities": [line.quantity for line in order.lines],
        "prices": [line.unit_price.minor for line in order.lines],
    }
    parameters["order_words"] = quoted(order_words(order))
    return parameters | lines | ({"lock": idempotency_keys.lock_number(key)} if key else {})
