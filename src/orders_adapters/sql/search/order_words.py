"""Words of orders, written in the transaction of the order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.engine.compiled_statement import CompiledStatement
from orders_adapters.sql.mappers import to_order
from orders_adapters.sql.mapping import shipments
from orders_domain.model.order import Order
from orders_domain.model.search.order_words import MAX_WORDS, added_words, order_words

_orders = tables.orders.c
_order_id, _words = tables.order_words.c.order_id, tables.order_words.c.words
# Locked in the sequence of their ids, as an erasure locks them, and until their words are written.
_NEXT = (
    select(tables.orders)
    .where(_orders.id > bindparam("after", type_=_orders.id.type))
    .order_by(_orders.id)
    .limit(bindparam("limit"))
    .with_for_update(key_share=True)
)
# After those before them, because a trigger then leaves those in the index (migration 0045).
_ADDED: Any = literal_column(
    """(SELECT ' ' || group_concat(value, ' ') FROM json_each('["' || replace(excluded.words, ' ', '","') || '"]') """
    "WHERE instr(' ' || order_words.words || ' ', ' ' || value || ' ') = 0)"
)


def _writing(insert: Any, words: Any, where: Any = None) -> Any:
    values = {column.name: bindparam(column.name, type_=column.type) for column in tables.order_words.c}
    return insert.values(values).on_conflict_do_update(index_elements=["order_id"], set_={"words": words}, where=where)


_on_postgresql = postgresql.insert(tables.order_words)
_on_sqlite = sqlite.insert(tables.order_words)
_new = _on_postgresql.excluded.words
_STORE = {
    "postgresql": _writing(_on_postgresql, _new),
    "sqlite": _writing(_on_sqlite, _on_sqlite.excluded.words),
}
_ARE_BOUNDED = func.length(_words) + func.length(_new) <= MAX_WORDS
_ADD = {
    "postgresql": CompiledStatement(_writing(_on_postgresql, _words.op("||")(_new), _ARE_BOUNDED).returning(_order_id)),
    "sqlite": CompiledStatement(_writing(_on_sqlite, _words.op("||")(_ADDED), _ADDED.is_not(None))),
}


def store(connection: Connection, *orders: Order) -> None:
    """Insert or replace the words of the orders, which have all of their shipments, in one statement."""
    if orders:
        rows = [{"order_id": order.id, "words": " ".join(order_words(order))} for order in orders]
        connection.execute(_STORE[connection.dialect.name], rows)


def save(connection: Connection, order: Order) -> None:
    """Store the words of a changed order, if they are others. Its new shipments are stored already.

    The words of a new shipment are added to the stored ones, because earlier shipments may not have been read.
    """
    added = [added_words(entry) for entry in order.new_entries]
    new = {word for words in added if words for word in words}
    if None in added or (new and not _add(connection, order.id, new)):
        replace_all(connection, order)


def replace_all(connection: Connection, order: Order) -> None:
    """Store all words of a changed order, whose shipments are read for it if they were not."""
    if order.life.unread.count:
        order = replace(order, life=order.life.without_shipments())
        shipments.read(connection, order)
    store(connection, order)


def store_next(connection: Connection, after: UUID, *, limit: int) -> UUID | None:
    """Store the words of the next orders by id; return the id of the last, or None if there is none."""
    orders = [to_order(row) for row in connection.execute(_NEXT, {"after": after, "limit": limit})]
    shipments.read_all(connection, orders)
    store(connection, *orders)
    return orders[-1].id if orders else None


def _add(connection: Connection, order_id: UUID, words: Iterable[str]) -> bool:
    """Add the words that are new; return False and change nothing if there may be too many then, on PostgreSQL only."""
    row = {"order_id": order_id, "words": " ".join(sorted(words))}
    added = _ADD[connection.dialect.name].execute(connection, row)
    return bool(added) or connection.dialect.name == "sqlite"
