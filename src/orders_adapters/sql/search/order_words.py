"""Words of orders, written in the transaction of the order."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.mappers import to_order
from orders_domain.model.order import Order
from orders_domain.model.search.order_words import order_words

_orders = tables.orders.c
# Locked in the sequence of their ids, as an erasure locks them, and until their words are written.
_NEXT = (
    select(tables.orders)
    .where(_orders.id > bindparam("after", type_=_orders.id.type))
    .order_by(_orders.id)
    .limit(bindparam("limit"))
    .with_for_update(key_share=True)
)


def _replacing(insert: Any) -> Any:
    return insert.on_conflict_do_update(index_elements=["order_id"], set_={"words": insert.excluded.words})


_STORE = {
    "postgresql": _replacing(postgresql.insert(tables.order_words)),
    "sqlite": _replacing(sqlite.insert(tables.order_words)),
}


def store(connection: Connection, *orders: Order) -> None:
    """Insert or replace the words of the orders, in one statement."""
    if orders:
        rows = [{"order_id": order.id, "words": " ".join(order_words(order))} for order in orders]
        connection.execute(_STORE[connection.dialect.name], rows)


def store_next(connection: Connection, after: UUID, *, limit: int) -> UUID | None:
    """Store the words of the next orders by id; return the id of the last, or None if there is none."""
    orders = [to_order(row) for row in connection.execute(_NEXT, {"after": after, "limit": limit})]
    store(connection, *orders)
    return orders[-1].id if orders else None
