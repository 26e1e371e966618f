"""Order repository of one transaction: two statements to add an order, one to lock it, two to save it.

A trigger inserts the user of an order if the row is missing (migration 0012).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    Connection,
    Table,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.engine.compiled_statement import CompiledStatement
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.mappers import (
    axis_values,
    entry_values,
    fact_values,
    insert_all,
    life_values,
    line_counter_values,
    order_values,
    payment_sum_values,
    to_placed_order,
)
from orders_adapters.sql.mapping import locked_orders, parcels, shipments
from orders_adapters.sql.search import order_words
from orders_domain.errors import OrderExists, OrderNotFound, OrdersError, StaleOrder, StoreContention
from orders_domain.model import events, history
from orders_domain.model.events import Event
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.life.changes import ReferenceTaken
from orders_domain.model.life.paying import FactDiffers
from orders_domain.model.life.returning import ReturnNotFound
from orders_domain.model.life.shipping import ShipmentNotFound
from orders_domain.model.order import CartOrdered, Order
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.order_state import CHANGING, FOLDED
from orders_domain.model.status import OrderStatus
from orders_domain.ports.orders import OrderRepository

_orders = tables.orders.c
AXES = (
    *("payment_status", "fulfillment_status", "is_held", "expires_at"),
    *("captured_minor", "refunded_minor", "refunding_minor"),
)
"""The columns that are derived from the status and the life of an order."""

# The statements are built once, because building one costs more than running it.

# SQLite's writers are serialized and orders are never deleted, so the next number is the maximum plus one. The numbers
# that were skipped after a restore count as used.
_SKIPPED = func.coalesce(select(tables.store_identity.c.numbers_after).scalar_subquery(), 0)
_NEXT_NUMBER = select(func.max(func.coalesce(func.max(_orders.number), 0), _SKIPPED) + 1).scalar_subquery()
# On a conflict no row is returned, because an error would abort the transaction on PostgreSQL.
_ADD: dict[str, Any] = {
    "postgresql": postgresql.insert(tables.orders).on_conflict_do_nothing().returning(_orders.number),
    "sqlite": sqlite.insert(tables.orders)
    .values(number=_NEXT_NUMBER)
    .on_conflict_do_nothing()
    .returning(_orders.number),
}
_ADD_NUMBERED = {
    "postgresql": _ADD["postgresql"],
    "sqlite": sqlite.insert(tables.orders).on_conflict_do_nothing().returning(_orders.number),
}
_reserving = sqlite.insert(tables.store_identity).values(id=1, numbers_after=_NEXT_NUMBER)
_RESERVE_NUMBER = {
    "postgresql": select(func.nextval("order_numbers", type_=_orders.number.type)),
    "sqlite": _reserving.on_conflict_do_update(
        index_elements=["id"], set_={"numbers_after": _reserving.excluded.numbers_after}
    ).returning(tables.store_identity.c.numbers_after),
}
# SQLite's row is inserted by the first use, with an identity.
_IDENTITY: dict[str, Any] = {"postgresql": dict, "sqlite": lambda: {"identity": uuid4().hex}}
# The order as it was placed, which is the first entry of its history.
_GET_BY_CART = (
    select(_orders.number, *tables.ENTRY_COLUMNS)
    .join_from(tables.orders, tables.order_history)
    .where(_orders.cart_snapshot_id == bindparam("snapshot_id"), tables.order_history.c.version == 1)
)
_RELEASE_CART = (
    update(tables.orders)
    .where(_orders.cart_snapshot_id == bindparam("snapshot_id"))
    .where(or_(_orders.status == OrderStatus.CANCELED, _orders.deleted_at.is_not(None)))
    .values(cart_snapshot_id=None)
)
_SAVE = CompiledStatement(
    update(tables.orders)
    .where(_orders.id == bindparam("order_id"), _orders.version == bindparam("saved_version"))
    .values({name: bindparam(name, type_=_orders[name].type) for name in (*CHANGING, FOLDED, *AXES)})
    .returning(_orders.id)
)

_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def _upserts(table: Table, keys: Sequence[str], changed: Sequence[str]) -> dict[str, Any]:
    """Return the statement of each dialect that inserts a row, or updates some columns of the one with its key."""
    values = {column.name: bindparam(column.name, type_=column.type) for column in table.c}
    inserts = {dialect: insert(table).values(values) for dialect, insert in _INSERT.items()}
    return {
        dialect: insert.on_conflict_do_update(
            index_elements=keys, set_={name: insert.excluded[name] for name in changed}
        )
        for dialect, insert in inserts.items()
    }


_SAVE_LINES = _upserts(tables.order_lines, keys=("order_id", "number"), changed=parcels.COUNTERS)
_SAVE_LINE = {dialect: CompiledStatement(upsert) for dialect, upsert in _SAVE_LINES.items()}
_SAVE_SUMS = _upserts(
    tables.payment_sums,
    keys=("order_id", "provider"),
    changed=("authorizes", "authorized_minor", "captured_minor"),
)
_ADD_FACT = {
    dialect: insert(tables.payment_facts).on_conflict_do_nothing().returning(tables.payment_facts.c.provider)
    for dialect, insert in _INSERT.items()
}
_BY_REFERENCE = select(tables.orders.c.id).where(
    tables.orders.c.source == bindparam("source"), tables.orders.c.reference == bindparam("reference")
)
_DELETE_TAGS = delete(tables.order_tags).where(tables.order_tags.c.order_id == bindparam("of"))


class SqlOrderRepository(OrderRepository):
    def __init__(self, connection: Connection, *, published: list[Event]) -> None:
        self._connection = connection
        self._published = published  # the events for the outbox

    def add(self, order: Order) -> None:
        with translate_errors():
            values = order_values(order)
            add = _ADD
            if order.number is not None:
                values["number"], add = order.number, _ADD_NUMBERED
            number = self._connection.scalar(add[self._connection.dialect.name], values)
            if number is None:
                raise self._conflict(order)
            order.number = number
            self._insert_history(order)
            _add_tags(self._connection, order)
            order_words.store(self._connection, order)

    def reserve_number(self) -> int:
        name = self._connection.dialect.name
        with translate_errors():
            return int(self._connection.scalars(_RESERVE_NUMBER[name], _IDENTITY[name]()).one())

    def release_cart(self, snapshot_id: str) -> None:
        with translate_errors():
            self._connection.execute(_RELEASE_CART, {"snapshot_id": snapshot_id})

    def get_for_update(self, ref: OrderRef, *, with_shipments: bool = True) -> Order:
        statement = locked_orders.statement_for(ref)
        return self._get_for_update(statement, ref) if with_shipments else self._lock(statement, ref)

    def get_by_shipment_for_update(self, shipment_id: str) -> Order:
        return self._get_for_update(locked_orders.BY_SHIPMENT, shipment_id)

    def get_by_reference_for_update(self, reference: str, *, source: str) -> Order:
        return self._get_for_update(locked_orders.BY_REFERENCE, reference, source=source)

    def get_by_parcel_for_update(self, parcel_id: UUID, *, with_shipments: bool = True) -> Order:
        try:
            order = self._lock(locked_orders.BY_PARCEL, parcel_id)
        except OrderNotFound:
            raise ShipmentNotFound from None
        self._read_shipments(order, None if with_shipments else parcel_id)
        return order

    def get_by_return_for_update(self, return_id: UUID) -> Order:
        try:
            return self._get_for_update(locked_orders.BY_RETURN, return_id)
        except OrderNotFound:
            raise ReturnNotFound from None

    def save(self, order: Order) -> None:
        if not order.new_entries:
            return
        if parcels.is_parcel(self._connection, order):
            self._save_parcel(order)
            return
        values = {name: getattr(order, name) for name in CHANGING} | axis_values(order)
        values |= {FOLDED: life_values(order), "order_id": order.id, "saved_version": order.persisted_version}
        with translate_errors():
            if not _SAVE.execute(self._connection, values):
                raise StaleOrder(order.id)
            _save_lines(self._connection, order)
            _save_tags(self._connection, order)
            _save_payments(self._connection, order)
            shipments.save(self._connection, order)
            _save_returns(self._connection, order)
            order_words.save(self._connection, order)
            self._insert_history(order)

    def store_words(self, *, after: UUID, limit: int) -> UUID | None:
        with translate_errors():
            return order_words.store_next(self._connection, after, limit=limit)

    def publish(self, events: Sequence[Event]) -> None:
        self._published += events

    def _conflict(self, order: Order) -> OrdersError:
        """Return the error for an order that was not inserted; an inserting transaction has committed meanwhile."""
        if order.reference is not None and (taken := _find_reference(self._connection, order)):
            return ReferenceTaken(taken)
        if order.cart is None:
            return OrderExists(order.id)
        row = self._connection.execute(_GET_BY_CART, {"snapshot_id": order.cart.snapshot_id}).one_or_none()
        return CartOrdered(to_placed_order(row)) if row else StoreContention("The cart was released meanwhile.")

    def _get_for_update(self, statement: CompiledStatement, ref: OrderRef | str, **values: str) -> Order:
        order = self._lock(statement, ref, **values)
        self._read_shipments(order)
        return order

    def _read_shipments(self, order: Order, shipment_id: UUID | None = None) -> None:
        with translate_errors():
            shipments.read(self._connection, order, shipment_id)

    def _lock(self, statement: CompiledStatement, ref: OrderRef | str, **values: str) -> Order:
        with translate_errors():
            rows = statement.mappings(self._connection, {"ref": ref, **values})
        if not rows:
            raise OrderNotFound(ref)
        return locked_orders.order_of(rows[0])

    def get_with_key_for_update(
        self, ref: OrderRef, key: IdempotencyKey, *, at: datetime, with_shipments: bool = True
    ) -> Order:
        """Acquire the key and lock the order, in one statement for PostgreSQL; see ``UnitOfWork``."""
        with translate_errors():
            order = locked_orders.lock_with_key(self._connection, ref, key, at=at)
        if with_shipments:
            self._read_shipments(order)
        return order

    def _save_parcel(self, order: Order) -> None:
        with translate_errors():
            if not parcels.save(self._connection, order):
                order_words.replace_all(self._connection, order)
        self._publish_history(order)

    def _insert_history(self, order: Order) -> None:
        """Insert the new history entries and publish their events."""
        insert_all(self._connection, tables.order_history, [entry_values(entry) for entry in order.new_entries])
        self._publish_history(order)

    def _publish_history(self, order: Order) -> None:
        self.publish([events.event_for(entry, order) for entry in order.new_entries])
        order.new_entries.clear()


def _save_lines(connection: Connection, order: Order) -> None:
    """Insert or update the counters, in one statement; their constraints decide."""
    rows = line_counter_values(order)
    if len(rows) == 1:
        _SAVE_LINE[connection.dialect.name].execute(connection, rows[0])
    elif rows:
        connection.execute(_SAVE_LINES[connection.dialect.name], rows)


def _add_tags(connection: Connection, order: Order) -> None:
    insert_all(connection, tables.order_tags, [{"tag": tag, "order_id": order.id} for tag in order.life.tags])


def _save_tags(connection: Connection, order: Order) -> None:
    """Replace the tags, if a new history entry has changed them."""
    if any(entry.kind == history.ANNOTATED and "tags" in entry.details for entry in order.new_entries):
        connection.execute(_DELETE_TAGS, {"of": order.id})
        _add_tags(connection, order)


def _find_reference(connection: Connection, order: Order) -> UUID | None:
    """Return the id of the order that has the reference of this one, if another transaction has committed it."""
    return connection.scalar(_BY_REFERENCE, {"source": order.source, "reference": order.reference})


def _save_payments(connection: Connection, order: Order) -> None:
    """Insert the new facts, and insert or update the sums by provider; keys and constraints decide.

    Raises:
        FactDiffers: a fact of another order has the provider's reference.
    """
    if not (facts := fact_values(order)):
        return
    dialect = connection.dialect.name
    for fact in facts:
        if connection.scalar(_ADD_FACT[dialect], fact) is None:
            raise FactDiffers
    connection.execute(_SAVE_SUMS[dialect], payment_sum_values(order))


def _save_returns(connection: Connection, order: Order) -> None:
    """Insert the new returns; their key decides."""
    for entry in order.new_entries:
        details: Mapping[str, Any] = entry.details
        if entry.kind == history.RETURN_AUTHORIZED:
            insert_all(connection, tables.order_returns, [{"id": UUID(details["return"]["id"]), "order_id": order.id}])
