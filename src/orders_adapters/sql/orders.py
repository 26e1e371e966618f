"""The orders of one transaction: four statements to add one, one to hold it, three to save it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.errors import translated
from orders_adapters.sql.rows import Values, entry_values, event_values, order_of, order_values
from orders_domain.errors import OrderExists, OrderNotFound, StaleOrder
from orders_domain.order import Order

_orders = tables.orders.c

# Built once: composing a statement costs more than running it. ON CONFLICT is spelt alike on both databases.
_KNOW = {
    "postgresql": postgresql.insert(tables.users).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(tables.users).on_conflict_do_nothing(),
}
# Writers of SQLite are one after the other and orders are never deleted, so the next number is a plain count upwards.
_NEXT_NUMBER = select(func.coalesce(func.max(_orders.number), 0) + 1).scalar_subquery()
# A conflict is no error, which would end the transaction on PostgreSQL: it is a row that does not come back.
_ADD: dict[str, Any] = {
    "postgresql": postgresql.insert(tables.orders)
    .on_conflict_do_nothing(index_elements=["id"])
    .returning(_orders.number),
    "sqlite": sqlite.insert(tables.orders)
    .values(number=_NEXT_NUMBER)
    .on_conflict_do_nothing(index_elements=["id"])
    .returning(_orders.number),
}
# FOR NO KEY UPDATE: nobody else can change the order, but its history may still refer to it. SQLite needs no lock.
_HOLD = select(tables.orders).where(_orders.id == bindparam("order_id")).with_for_update(key_share=True)
_SAVE = (
    update(tables.orders)
    .where(_orders.id == bindparam("order_id"), _orders.version == bindparam("saved_version"))
    .values({name: bindparam(name) for name in ("items", "total_minor", "currency", "status", "version", "updated_at")})
)


class Orders:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, order: Order) -> None:
        dialect = self._connection.dialect.name
        with translated():
            self._connection.execute(_KNOW[dialect], {"id": order.user_id, "created_at": order.created_at})
            number = self._connection.scalar(_ADD[dialect], order_values(order))
            if number is None:
                raise OrderExists(order.id)
            self._tell(order)
        order.number = number

    def hold(self, order_id: UUID) -> Order:
        with translated():
            row = self._connection.execute(_HOLD, {"order_id": order_id}).one_or_none()
        if row is None:
            raise OrderNotFound(order_id)
        return order_of(row)

    def save(self, order: Order) -> None:
        if not order.unsaved:
            return
        values = order_values(order)
        key = {"order_id": values.pop("id"), "saved_version": order.saved_version}
        del values["user_id"], values["created_at"]  # these never change
        with translated():
            if self._connection.execute(_SAVE, values | key).rowcount != 1:
                raise StaleOrder(order.id)
            self._tell(order)

    def _tell(self, order: Order) -> None:
        """Write down what happened, for us and for the world."""
        self._insert(tables.order_history, [entry_values(entry) for entry in order.unsaved])
        self._insert(tables.outbox, [event_values(entry, order) for entry in order.unsaved])
        order.unsaved.clear()

    def _insert(self, table: Table, rows: list[Values]) -> None:
        # A list of one would take the slower path of many.
        self._connection.execute(table.insert().inline(), rows if len(rows) > 1 else rows[0])
