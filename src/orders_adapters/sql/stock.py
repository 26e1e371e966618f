"""Stock of one transaction: rows are locked in the order of their ids, with one statement per order."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, text, update

from orders_adapters.sql import tables
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.external_products import upsert
from orders_adapters.sql.mappers import item_values
from orders_adapters.sql.products import SqlProductRepository, to_product, write_changes, write_movement
from orders_adapters.sql.tables.column_types import UtcDateTime
from orders_domain.errors import InsufficientStock, Shortage
from orders_domain.model import pricing
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.life.lines import stock_quantities
from orders_domain.model.order import Order
from orders_domain.model.product import Product, ProductId, validate_stock
from orders_domain.model.product_audit import MovementKind, ProductChangeKind
from orders_domain.model.reservation import ReservationState
from orders_domain.ports.outbox import DUE_AT_ONCE
from orders_domain.ports.products import Stock

_typed = (bindparam("order_id", type_=tables.orders.c.id.type), bindparam("at", type_=UtcDateTime))

# The statements are the same for the orders and the stock holds that take the units.
# The rows are locked first and in the order of their ids, so that two orders do not deadlock. The locked rows show the
# current stock, while the statement's snapshot may precede a restock and fail the CHECK; therefore the stock of the
# locked rows is reduced. Nothing is deducted unless the stock of every product is sufficient.
_TAKE_AND_LOG_SQL = """
    WITH requested AS (
        SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:quantities AS bigint[])) AS requested (product_id, quantity)
    ), locked AS (
        SELECT * FROM products WHERE id = ANY (CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE
    ), availability AS (
        SELECT count(*) = cardinality(CAST(:ids AS bigint[])) AS sufficient
        FROM locked JOIN requested ON product_id = id WHERE stock_quantity >= quantity
    ), deducted AS (
        UPDATE products
        SET stock_quantity = locked.stock_quantity - requested.quantity, version = locked.version + 1
        FROM requested, locked, availability
        WHERE sufficient AND locked.id = products.id AND requested.product_id = products.id
        RETURNING products.id
    ), logged AS (
        INSERT INTO stock_movements ({owner}, product_id, kind, quantity, actor, at, version)
        SELECT :{owner}, requested.product_id, '{kind}', -requested.quantity, :actor, :at, :version
        FROM requested JOIN deducted ON deducted.id = requested.product_id
    )
    SELECT locked.*, availability.sufficient FROM locked, availability ORDER BY id
"""
_TAKE_AND_LOG = {
    kind: text(_TAKE_AND_LOG_SQL.format(owner=owner, kind=kind.value)).bindparams(
        bindparam(owner, type_=tables.orders.c.id.type), bindparam("at", type_=UtcDateTime)
    )
    for kind, owner in ((MovementKind.DEDUCTED, "order_id"), (MovementKind.HELD, "hold_id"))
}

# SQLite needs no locks, because its writers are serialized. Its statements can write to one table only.
_DEDUCT = text("""
    WITH requested AS (
        SELECT json_extract(value, '$[0]') AS product_id, json_extract(value, '$[1]') AS quantity
        FROM json_each(:requested)
    ), availability AS (
        SELECT count(*) = json_array_length(:requested) AS sufficient
        FROM products JOIN requested ON product_id = id WHERE stock_quantity >= quantity
    )
    UPDATE products SET stock_quantity = stock_quantity - quantity, version = version + 1
    FROM requested, availability WHERE sufficient AND product_id = id
    RETURNING *
""")

# The quantities that the order still has: deducted, and not released by an earlier change.
_LOG_RELEASE_SQL = """
    INSERT INTO stock_movements (order_id, product_id, kind, quantity, actor, at, version)
    SELECT order_id, product_id, 'released', -sum(quantity), :actor, :at, :version
    FROM stock_movements WHERE order_id = :order_id
    GROUP BY order_id, product_id HAVING sum(quantity) < 0
    ON CONFLICT (order_id, product_id, kind, version) DO NOTHING
    RETURNING product_id, quantity
"""
_LOG_RELEASE = text(_LOG_RELEASE_SQL).bindparams(*_typed)
_RELEASE = text(f"""
    WITH released AS ({_LOG_RELEASE_SQL}
    ), reservation AS (
        UPDATE reservations SET state = 'releasing', due_at = '{DUE_AT_ONCE.isoformat()}'
        WHERE order_id = :order_id AND state = 'confirmed'
    ), locked AS (
        SELECT id FROM products WHERE id IN (SELECT product_id FROM released) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE products SET stock_quantity = stock_quantity + released.quantity, version = version + 1
    FROM released, locked WHERE locked.id = products.id AND released.product_id = products.id
""").bindparams(*_typed)  # noqa: S608 - both parts are constants

_products = tables.products.c
_movements = tables.stock_movements.c
_reservations = tables.reservations.c
_DEDUCTED = (
    select(_movements.product_id, -func.sum(_movements.quantity))
    .where(_movements.order_id == bindparam("of"))
    .group_by(_movements.product_id)
)
_RELEASE_RESERVATION = (
    update(tables.reservations)
    .where(_reservations.order_id == bindparam("of"), _reservations.state == ReservationState.CONFIRMED)
    .values(state=ReservationState.RELEASING, due_at=DUE_AT_ONCE)
)
_ADD_TO = (
    update(tables.products)
    .where(_products.id == bindparam("product_id"))
    .values(stock_quantity=_products.stock_quantity + bindparam("added"), version=_products.version + 1)
)


class SqlStock(Stock):
    """PostgreSQL locks and deducts in one statement. SQLite needs no locks, because its writers are serialized."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def deduct(self, order: Order, *, by: Actor, at: datetime) -> Sequence[Product]:
        if not (quantities := stock_quantities(order)):
            return ()
        with translate_errors():
            values = _movement_values(order, by=by, at=at)
            remaining = take_units(self._connection, quantities, kind=MovementKind.DEDUCTED, values=values)
            # After the deduction, because an insert takes weak locks on its products in any order. To strengthen
            # these locks afterwards could cause a deadlock.
            if order.lines:
                self._connection.execute(insert(tables.order_items).inline(), item_values(order))
        return _newly_low(quantities, remaining)

    def record_external_lines(self, order: Order, products: Mapping[ProductId, Product], *, at: datetime) -> None:
        upsert(self._connection, [products[line.product_id] for line in order.lines], at=at)
        with translate_errors():
            self._connection.execute(insert(tables.order_items).inline(), item_values(order))

    def release(self, order: Order, *, by: Actor, at: datetime) -> None:
        with translate_errors():
            if self._connection.dialect.name == "postgresql":
                self._connection.execute(_RELEASE, _movement_values(order, by=by, at=at))
            else:
                self._release_in_steps(order, by=by, at=at)

    def release_units(self, order: Order, quantities: Mapping[ProductId, int], *, by: Actor, at: datetime) -> None:
        common = _movement_values(order, by=by, at=at) | {"kind": MovementKind.RELEASED}
        with translate_errors():
            deducted = dict(self._connection.execute(_DEDUCTED, {"of": order.id}).all())
            released = [(key, units) for key, units in sorted(quantities.items()) if units <= deducted.get(key, 0)]
            if not released:  # the products of an external catalog have no stock here
                return
            lock_products(self._connection, quantities)
            self._connection.execute(
                insert(tables.stock_movements).inline(),
                [common | {"product_id": product_id, "quantity": units} for product_id, units in released],
            )
            add_units(self._connection, released)

    def restock(self, product_id: ProductId, quantity: int, *, by: Actor, at: datetime) -> Product:
        products = SqlProductRepository(self._connection)
        before = products.get_for_update(product_id)
        validate_stock(before.stock + quantity)
        after = replace(before, stock=before.stock + quantity, version=before.version + 1)
        with translate_errors():
            self._connection.execute(_ADD_TO, {"product_id": product_id, "added": quantity})
        write_movement(self._connection, product_id, MovementKind.RESTOCKED, quantity, by=by, at=at)
        write_changes(self._connection, [(before, after)], kind=ProductChangeKind.RESTOCKED, by=by, at=at)
        return after

    def _release_in_steps(self, order: Order, *, by: Actor, at: datetime) -> None:
        if order.shipment_id:  # otherwise no other service has a reservation
            self._connection.execute(_RELEASE_RESERVATION, {"of": order.id})
        released = self._connection.execute(_LOG_RELEASE, _movement_values(order, by=by, at=at)).all()
        if released:
            add_units(self._connection, [(product_id, quantity) for product_id, quantity in released])


def lock_products(connection: Connection, product_ids: Collection[ProductId]) -> None:
    """Lock the products until the transaction ends, in the order of their ids."""
    locking = select(_products.id).where(_products.id.in_(product_ids)).order_by(_products.id)
    connection.execute(locking.with_for_update(key_share=True)).all()


def add_units(connection: Connection, units: Sequence[tuple[ProductId, int]]) -> None:
    """Add units to the stock of locked products, whose movements are recorded separately."""
    connection.execute(_ADD_TO, [{"product_id": product_id, "added": added} for product_id, added in units])


def take_units(
    connection: Connection, quantities: Mapping[ProductId, int], *, kind: MovementKind, values: Mapping[str, Any]
) -> Sequence[Product]:
    """Take the units of all products from stock, and record it; return the products with their new stock.

    ``values`` are those that the movements share: actor, at, version, and the order or the stock hold.

    Raises:
        InsufficientStock: products have insufficient stock; nothing is taken.
    """
    take = _take_in_one_statement if connection.dialect.name == "postgresql" else _take_in_steps
    return take(connection, quantities, kind, values)


def _take_in_one_statement(
    connection: Connection, quantities: Mapping[ProductId, int], kind: MovementKind, values: Mapping[str, Any]
) -> Sequence[Product]:
    requested = {"ids": list(quantities), "quantities": list(quantities.values())}
    rows = connection.execute(_TAKE_AND_LOG[kind], {**requested, **values}).all()
    if len(rows) < len(quantities) or not rows[0].sufficient:
        raise InsufficientStock(_shortages(quantities, rows))
    return [
        replace(product, stock=product.stock - quantities[product.id], version=product.version + 1)
        for product in map(to_product, rows)
    ]


def _take_in_steps(
    connection: Connection, quantities: Mapping[ProductId, int], kind: MovementKind, values: Mapping[str, Any]
) -> Sequence[Product]:
    rows = connection.execute(_DEDUCT, {"requested": json.dumps(list(quantities.items()))}).all()
    if not rows:
        existing = connection.execute(select(tables.products).where(_products.id.in_(quantities))).all()
        raise InsufficientStock(_shortages(quantities, existing))
    movements = [{**values, "kind": kind, "product_id": key, "quantity": -units} for key, units in quantities.items()]
    connection.execute(insert(tables.stock_movements).inline(), movements)
    return [to_product(row) for row in rows]


def _movement_values(order: Order, *, by: Actor, at: datetime) -> dict[str, Any]:
    return {"order_id": order.id, "actor": by.subject, "at": at, "version": order.version}


def _shortages(quantities: Mapping[ProductId, int], rows: Sequence[Row[Any]]) -> tuple[Shortage, ...]:
    return pricing.find_shortages(quantities, {row.id: to_product(row) for row in rows})


def _newly_low(deducted: Mapping[ProductId, int], remaining: Iterable[Product]) -> Sequence[Product]:
    """Return the products whose stock the deduction brought to their threshold or below."""
    return [
        product
        for product in remaining
        if product.is_low and product.stock + deducted[product.id] > product.low_stock_threshold
    ]
