"""Stock in one transaction: rows locked in the order of their ids, one statement for all of an order's products."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, text, update

from orders_adapters.sql import tables
from orders_adapters.sql.column_types import Moment
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.external_products import know
from orders_adapters.sql.mappers import item_values
from orders_adapters.sql.products import Products, product_of, write_movement
from orders_domain.errors import InsufficientStock, Shortage
from orders_domain.model import pricing
from orders_domain.model.actor import Actor
from orders_domain.model.order import Order
from orders_domain.model.product import Product, ProductId, validate_stock
from orders_domain.model.reservation import ReservationState
from orders_domain.ports.products import Movement

_typed = (bindparam("order_id", type_=tables.orders.c.id.type), bindparam("at", type_=Moment))

# The locks come first and in order, so that two orders never wait for each other; what they show is what is there
# now, not when the statement began: so it is their stock that is counted down. (The row as the statement first saw it
# may be of before a restock, and fail its CHECK.) Nothing is taken unless there is enough of everything.
_TAKE_AND_NOTE = text("""
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
_TAKE = text("""
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

_BACK = """
    INSERT INTO stock_movements (order_id, product_id, kind, quantity, actor, at)
    SELECT order_id, product_id, 'given_back', -quantity, :actor, :at
    FROM stock_movements WHERE order_id = :order_id AND kind = 'taken'
    ON CONFLICT (order_id, product_id, kind) DO NOTHING
    RETURNING product_id, quantity
"""
_NOTE_BACK = text(_BACK).bindparams(*_typed)
_GIVE_BACK = text(f"""
    WITH back AS ({_BACK}
    ), elsewhere AS (
        UPDATE bookings SET state = 'releasing', due_at = :at WHERE order_id = :order_id AND state = 'kept'
    ), locked AS (
        SELECT id FROM products WHERE id IN (SELECT product_id FROM back) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE products SET stock_quantity = stock_quantity + back.quantity
    FROM back, locked WHERE locked.id = products.id AND back.product_id = products.id
""").bindparams(*_typed)  # noqa: S608 - both parts stand here

_products = tables.products.c
_bookings = tables.bookings.c
_GIVE_BACK_ELSEWHERE = (
    update(tables.bookings)
    .where(_bookings.order_id == bindparam("of"), _bookings.state == ReservationState.CONFIRMED)
    .values(state=ReservationState.RELEASING, due_at=bindparam("at", type_=Moment))
)
_ADD_TO = (
    update(tables.products)
    .where(_products.id == bindparam("product_id"))
    .values(stock_quantity=_products.stock_quantity + bindparam("more"))
)


class Stock:
    """PostgreSQL locks and counts in one statement; SQLite, whose writers are one at a time anyway, need not lock."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, order: Order, *, by: Actor, at: datetime) -> Sequence[Product]:
        if not order.lines:
            return ()
        with translate_errors():
            take = self._take_at_once if self._connection.dialect.name == "postgresql" else self._take_in_steps
            low = take(order, {line.product_id: line.quantity for line in order.lines}, by=by, at=at)
            # Not before: referring to a product locks it a little, in no order, and to lock more is to deadlock.
            self._connection.execute(insert(tables.order_items).inline(), item_values(order))
        return low

    def refer(self, order: Order, products: Mapping[ProductId, Product], *, at: datetime) -> None:
        know(self._connection, [products[line.product_id] for line in order.lines], at=at)
        with translate_errors():
            self._connection.execute(insert(tables.order_items).inline(), item_values(order))

    def give_back(self, order: Order, *, by: Actor, at: datetime) -> None:
        with translate_errors():
            if self._connection.dialect.name == "postgresql":
                self._connection.execute(_GIVE_BACK, _of(order, by=by, at=at))
            else:
                self._give_back_in_steps(order, by=by, at=at)

    def restock(self, product_id: ProductId, quantity: int, *, by: Actor, at: datetime) -> Product:
        products = Products(self._connection)
        before = products.hold(product_id)
        validate_stock(before.stock + quantity)
        after = replace(before, stock=before.stock + quantity)
        with translate_errors():
            self._connection.execute(_ADD_TO, {"product_id": product_id, "more": quantity})
        write_movement(self._connection, product_id, Movement.RESTOCKED, quantity, by=by, at=at)
        return after

    def _take_at_once(
        self, order: Order, wanted: Mapping[ProductId, int], *, by: Actor, at: datetime
    ) -> Sequence[Product]:
        values = {"ids": list(wanted), "quantities": list(wanted.values())}
        rows = self._connection.execute(_TAKE_AND_NOTE, values | _of(order, by=by, at=at)).all()
        if len(rows) < len(wanted) or not rows[0].enough:
            raise InsufficientStock(_shortages(wanted, rows))
        return _lowered(wanted, [replace(one, stock=one.stock - wanted[one.id]) for one in map(product_of, rows)])

    def _take_in_steps(
        self, order: Order, wanted: Mapping[ProductId, int], *, by: Actor, at: datetime
    ) -> Sequence[Product]:
        rows = self._connection.execute(_TAKE, {"wanted": json.dumps(list(wanted.items()))}).all()
        if not rows:
            there = self._connection.execute(select(tables.products).where(_products.id.in_(wanted))).all()
            raise InsufficientStock(_shortages(wanted, there))
        taken = _of(order, by=by, at=at) | {"kind": Movement.TAKEN}
        moves = [taken | {"product_id": one, "quantity": -quantity} for one, quantity in wanted.items()]
        self._connection.execute(insert(tables.stock_movements).inline(), moves)
        return _lowered(wanted, [product_of(row) for row in rows])

    def _give_back_in_steps(self, order: Order, *, by: Actor, at: datetime) -> None:
        if order.shipment_id:  # else nobody else has a part in it
            self._connection.execute(_GIVE_BACK_ELSEWHERE, {"of": order.id, "at": at})
        back = self._connection.execute(_NOTE_BACK, _of(order, by=by, at=at)).all()
        if back:
            self._connection.execute(_ADD_TO, [{"product_id": one, "more": quantity} for one, quantity in back])


def _of(order: Order, *, by: Actor, at: datetime) -> dict[str, Any]:
    return {"order_id": order.id, "actor": by.subject, "at": at}


def _shortages(wanted: Mapping[ProductId, int], rows: Sequence[Row[Any]]) -> tuple[Shortage, ...]:
    return pricing.find_shortages(wanted, {row.id: product_of(row) for row in rows})


def _lowered(taken: Mapping[ProductId, int], left: Iterable[Product]) -> Sequence[Product]:
    """The products that came to or below their threshold by what was taken."""
    return [one for one in left if one.is_low and one.stock + taken[one.id] > one.low_stock_threshold]
