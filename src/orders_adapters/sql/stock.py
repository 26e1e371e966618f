"""Stock in one transaction: rows locked in the order of their ids, one statement for all of an order's products."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, text, update

from orders_adapters.sql import tables
from orders_adapters.sql.column_types import UtcDateTime
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.external_products import upsert
from orders_adapters.sql.mappers import item_values
from orders_adapters.sql.products import SqlProductRepository, to_product, write_movement
from orders_domain.errors import InsufficientStock, Shortage
from orders_domain.model import pricing
from orders_domain.model.actor import Actor
from orders_domain.model.order import Order
from orders_domain.model.product import Product, ProductId, validate_stock
from orders_domain.model.reservation import ReservationState
from orders_domain.ports.products import MovementKind, Stock

_typed = (bindparam("order_id", type_=tables.orders.c.id.type), bindparam("at", type_=UtcDateTime))

# The locks come first and in order, so that two orders never wait for each other; what they show is what is there
# now, not when the statement began: so it is their stock that is counted down. (The row as the statement first saw it
# may be of before a restock, and fail its CHECK.) Nothing is taken unless there is enough of everything.
_DEDUCT_AND_LOG = text("""
    WITH wanted AS (
        SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:quantities AS bigint[])) AS wanted (product_id, quantity)
    ), locked AS (
        SELECT * FROM products WHERE id = ANY (CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE
    ), verdict AS (
        SELECT count(*) = cardinality(CAST(:ids AS bigint[])) AS enough
        FROM locked JOIN wanted ON product_id = id WHERE stock_quantity >= quantity
    ), taken AS (
        UPDATE products SET stock_quantity = locked.stock_quantity - wanted.quantity
        FROM wanted, locked, verdict
        WHERE enough AND locked.id = products.id AND wanted.product_id = products.id
        RETURNING products.id
    ), noted AS (
        INSERT INTO stock_movements (order_id, product_id, kind, quantity, actor, at)
        SELECT :order_id, wanted.product_id, 'taken', -wanted.quantity, :actor, :at
        FROM wanted JOIN taken ON taken.id = wanted.product_id
    )
    SELECT locked.*, verdict.enough FROM locked, verdict ORDER BY id
""").bindparams(*_typed)

# SQLite's writers are one at a time; and there a statement writes to one table.
_DEDUCT = text("""
    WITH wanted AS (
        SELECT json_extract(value, '$[0]') AS product_id, json_extract(value, '$[1]') AS quantity
        FROM json_each(:wanted)
    ), verdict AS (
        SELECT count(*) = json_array_length(:wanted) AS enough
        FROM products JOIN wanted ON product_id = id WHERE stock_quantity >= quantity
    )
    UPDATE products SET stock_quantity = stock_quantity - quantity
    FROM wanted, verdict WHERE enough AND product_id = id
    RETURNING *
""")

_RELEASED = """
    INSERT INTO stock_movements (order_id, product_id, kind, quantity, actor, at)
    SELECT order_id, product_id, 'given_back', -quantity, :actor, :at
    FROM stock_movements WHERE order_id = :order_id AND kind = 'taken'
    ON CONFLICT (order_id, product_id, kind) DO NOTHING
    RETURNING product_id, quantity
"""
_LOG_RELEASE = text(_RELEASED).bindparams(*_typed)
_RELEASE = text(f"""
    WITH back AS ({_RELEASED}
    ), elsewhere AS (
        UPDATE bookings SET state = 'releasing', due_at = :at WHERE order_id = :order_id AND state = 'kept'
    ), locked AS (
        SELECT id FROM products WHERE id IN (SELECT product_id FROM back) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE products SET stock_quantity = stock_quantity + back.quantity
    FROM back, locked WHERE locked.id = products.id AND back.product_id = products.id
""").bindparams(*_typed)  # noqa: S608 - both parts stand here

_products = tables.products.c
_reservations = tables.reservations.c
_RELEASE_RESERVATION = (
    update(tables.reservations)
    .where(_reservations.order_id == bindparam("of"), _reservations.state == ReservationState.CONFIRMED)
    .values(state=ReservationState.RELEASING, due_at=bindparam("at", type_=UtcDateTime))
)
_ADD_TO = (
    update(tables.products)
    .where(_products.id == bindparam("product_id"))
    .values(stock_quantity=_products.stock_quantity + bindparam("more"))
)


class SqlStock(Stock):
    """PostgreSQL locks and counts in one statement; SQLite, whose writers are one at a time anyway, need not lock."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def deduct(self, order: Order, *, by: Actor, at: datetime) -> Sequence[Product]:
        if not order.lines:
            return ()
        with translate_errors():
            take = (
                self._deduct_in_one_statement
                if self._connection.dialect.name == "postgresql"
                else self._deduct_in_steps
            )
            low = take(order, {line.product_id: line.quantity for line in order.lines}, by=by, at=at)
            # Not before: referring to a product locks it a little, in no order, and to lock more is to deadlock.
            self._connection.execute(insert(tables.order_items).inline(), item_values(order))
        return low

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

    def restock(self, product_id: ProductId, quantity: int, *, by: Actor, at: datetime) -> Product:
        products = SqlProductRepository(self._connection)
        before = products.get_for_update(product_id)
        validate_stock(before.stock + quantity)
        after = replace(before, stock=before.stock + quantity)
        with translate_errors():
            self._connection.execute(_ADD_TO, {"product_id": product_id, "more": quantity})
        write_movement(self._connection, product_id, MovementKind.RESTOCKED, quantity, by=by, at=at)
        return after

    def _deduct_in_one_statement(
        self, order: Order, quantities: Mapping[ProductId, int], *, by: Actor, at: datetime
    ) -> Sequence[Product]:
        values = {"ids": list(quantities), "quantities": list(quantities.values())}
        rows = self._connection.execute(_DEDUCT_AND_LOG, values | _movement_values(order, by=by, at=at)).all()
        if len(rows) < len(quantities) or not rows[0].enough:
            raise InsufficientStock(_shortages(quantities, rows))
        return _newly_low(
            quantities, [replace(one, stock=one.stock - quantities[one.id]) for one in map(to_product, rows)]
        )

    def _deduct_in_steps(
        self, order: Order, quantities: Mapping[ProductId, int], *, by: Actor, at: datetime
    ) -> Sequence[Product]:
        rows = self._connection.execute(_DEDUCT, {"wanted": json.dumps(list(quantities.items()))}).all()
        if not rows:
            there = self._connection.execute(select(tables.products).where(_products.id.in_(quantities))).all()
            raise InsufficientStock(_shortages(quantities, there))
        taken = _movement_values(order, by=by, at=at) | {"kind": MovementKind.DEDUCTED}
        moves = [taken | {"product_id": one, "quantity": -quantity} for one, quantity in quantities.items()]
        self._connection.execute(insert(tables.stock_movements).inline(), moves)
        return _newly_low(quantities, [to_product(row) for row in rows])

    def _release_in_steps(self, order: Order, *, by: Actor, at: datetime) -> None:
        if order.shipment_id:  # else nobody else has a part in it
            self._connection.execute(_RELEASE_RESERVATION, {"of": order.id, "at": at})
        back = self._connection.execute(_LOG_RELEASE, _movement_values(order, by=by, at=at)).all()
        if back:
            self._connection.execute(_ADD_TO, [{"product_id": one, "more": quantity} for one, quantity in back])


def _movement_values(order: Order, *, by: Actor, at: datetime) -> dict[str, Any]:
    return {"order_id": order.id, "actor": by.subject, "at": at}


def _shortages(quantities: Mapping[ProductId, int], rows: Sequence[Row[Any]]) -> tuple[Shortage, ...]:
    return pricing.find_shortages(quantities, {row.id: to_product(row) for row in rows})


def _newly_low(deducted: Mapping[ProductId, int], remaining: Iterable[Product]) -> Sequence[Product]:
    """The products that came to or below their threshold by what was taken."""
    return [one for one in remaining if one.is_low and one.stock + deducted[one.id] > one.low_stock_threshold]
