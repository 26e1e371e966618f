"""Stock in one transaction: rows locked in the order of their ids, one statement for all of an order's products."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, text, update

from orders_adapters.sql import tables
from orders_adapters.sql.columns import Moment
from orders_adapters.sql.errors import translated
from orders_adapters.sql.products import Products, product_of, write_movement
from orders_adapters.sql.remote_products import know
from orders_adapters.sql.rows import item_values
from orders_domain.actor import Actor
from orders_domain.booking import BookingState
from orders_domain.errors import InsufficientStock, Refused
from orders_domain.order import Order
from orders_domain.ports.products import Movement
from orders_domain.product import MOST_STOCK, Product, ProductId, Shortage, require_stock

# The locks come first and in order, so that two orders never wait for each other; what they show is what is there
# now, not when the statement began: so it is their stock that is counted down. (The row as the statement first saw it
# may be of before a restock, and fail its CHECK.) Nothing is taken unless there is enough of everything.
_TAKE = text("""
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
""").bindparams(bindparam("order_id", type_=tables.orders.c.id.type), bindparam("at", type_=Moment))

_GIVE_BACK = text("""
    WITH back AS (
        INSERT INTO stock_movements (order_id, product_id, kind, quantity, actor, at)
        SELECT order_id, product_id, 'given_back', -quantity, :actor, :at
        FROM stock_movements WHERE order_id = :order_id AND kind = 'taken'
        ON CONFLICT (order_id, product_id, kind) DO NOTHING
        RETURNING product_id, quantity
    ), elsewhere AS (
        UPDATE bookings SET state = 'releasing', due_at = :at WHERE order_id = :order_id AND state = 'kept'
    ), locked AS (
        SELECT id FROM products WHERE id IN (SELECT product_id FROM back) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE products SET stock_quantity = stock_quantity + back.quantity
    FROM back, locked WHERE locked.id = products.id AND back.product_id = products.id
""").bindparams(bindparam("order_id", type_=tables.orders.c.id.type), bindparam("at", type_=Moment))

_products = tables.products.c
_bookings = tables.bookings.c
_GIVE_BACK_ELSEWHERE = (
    update(tables.bookings)
    .where(_bookings.order_id == bindparam("of"), _bookings.state == BookingState.KEPT)
    .values(state=BookingState.RELEASING, due_at=bindparam("at", type_=Moment))
)
_moves = tables.stock_movements.c
_ADD_TO = (
    update(tables.products)
    .where(_products.id == bindparam("product_id"))
    .values(stock_quantity=_products.stock_quantity + bindparam("more"))
)
_TAKEN_AND_NOT_GIVEN_BACK = select(_moves.product_id, _moves.quantity).where(
    _moves.order_id == bindparam("order_id"), _moves.kind.in_((Movement.TAKEN, Movement.GIVEN_BACK))
)


class Stock:
    """PostgreSQL does each step in one statement; SQLite, whose writers are one at a time anyway, in a few."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, order: Order, *, by: Actor, at: datetime) -> Sequence[Product]:
        if not order.lines:
            return ()
        with translated():
            take = self._take_at_once if self._connection.dialect.name == "postgresql" else self._take_in_steps
            low = take(order, by=by, at=at)
            # Not before: referring to a product locks it a little, in no order, and to lock more is to deadlock.
            self._connection.execute(insert(tables.order_items).inline(), item_values(order))
        return low

    def refer(self, order: Order, products: Mapping[ProductId, Product], *, at: datetime) -> None:
        know(self._connection, [products[line.product_id] for line in order.lines], at=at)
        with translated():
            self._connection.execute(insert(tables.order_items).inline(), item_values(order))

    def give_back(self, order: Order, *, by: Actor, at: datetime) -> None:
        with translated():
            if self._connection.dialect.name == "postgresql":
                self._connection.execute(_GIVE_BACK, {"order_id": order.id, "actor": by.subject, "at": at})
            else:
                if order.shipment_id:  # else nobody else has a part in it
                    self._connection.execute(_GIVE_BACK_ELSEWHERE, {"of": order.id, "at": at})
                self._give_back_in_steps(order, by=by, at=at)

    def restock(self, product_id: ProductId, quantity: int, *, by: Actor, at: datetime) -> Product:
        if type(quantity) is not int or not 1 <= quantity <= MOST_STOCK:
            raise Refused(f"A quantity is a whole number from 1 to {MOST_STOCK}.", field="quantity")
        products = Products(self._connection)
        before = products.hold(product_id)
        require_stock(before.stock + quantity)
        after = replace(before, stock=before.stock + quantity)
        with translated():
            self._connection.execute(_ADD_TO, {"product_id": product_id, "more": quantity})
        write_movement(self._connection, product_id, Movement.RESTOCKED, quantity, by=by, at=at)
        return after

    def _take_at_once(self, order: Order, *, by: Actor, at: datetime) -> Sequence[Product]:
        wanted = {line.product_id: line.quantity for line in order.lines}
        values = {"ids": list(wanted), "quantities": list(wanted.values())}
        rows = self._connection.execute(_TAKE, values | {"order_id": order.id, "actor": by.subject, "at": at}).all()
        if len(rows) < len(wanted) or not rows[0].enough:
            raise InsufficientStock(_shortages(wanted, rows))
        return _lowered(wanted, rows)

    def _take_in_steps(self, order: Order, *, by: Actor, at: datetime) -> Sequence[Product]:
        wanted = {line.product_id: line.quantity for line in order.lines}
        statement = select(tables.products).where(_products.id.in_(list(wanted)))
        rows = self._connection.execute(statement).all()
        if shortages := _shortages(wanted, rows):
            raise InsufficientStock(shortages)
        self._connection.execute(
            _ADD_TO, [{"product_id": product_id, "more": -quantity} for product_id, quantity in wanted.items()]
        )
        self._note(Movement.TAKEN, order, {one: -quantity for one, quantity in wanted.items()}, by=by, at=at)
        return _lowered(wanted, rows)

    def _give_back_in_steps(self, order: Order, *, by: Actor, at: datetime) -> None:
        rows = self._connection.execute(_TAKEN_AND_NOT_GIVEN_BACK, {"order_id": order.id}).all()
        if not rows or any(row.quantity > 0 for row in rows):
            return
        back = {row.product_id: -row.quantity for row in rows}
        self._connection.execute(_ADD_TO, [{"product_id": one, "more": quantity} for one, quantity in back.items()])
        self._note(Movement.GIVEN_BACK, order, back, by=by, at=at)

    def _note(self, kind: Movement, order: Order, quantities: dict[ProductId, int], *, by: Actor, at: datetime) -> None:
        common = {"order_id": order.id, "kind": kind, "actor": by.subject, "at": at}
        rows = [common | {"product_id": one, "quantity": quantity} for one, quantity in quantities.items()]
        self._connection.execute(insert(tables.stock_movements).inline(), rows)


def _shortages(wanted: dict[ProductId, int], rows: Sequence[Row[Any]]) -> tuple[Shortage, ...]:
    there = {row.id: row for row in rows}
    return tuple(
        Shortage(
            product_id=product_id,
            name=row.name if row else None,
            requested=quantity,
            available=row.stock_quantity if row else 0,
        )
        for product_id, quantity in wanted.items()
        if (row := there.get(product_id)) is None or row.stock_quantity < quantity
    )


def _lowered(wanted: dict[ProductId, int], rows: Sequence[Row[Any]]) -> Sequence[Product]:
    """The products that this order took to or below their threshold; the rows are from before it."""
    pairs = [(before := product_of(row), replace(before, stock=before.stock - wanted[before.id])) for row in rows]
    return [after for before, after in pairs if after.low and not before.low]
