"""Area of the orders: their rows, and the rows of other tables, are what their histories say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from orders_adapters.sql import tables
from orders_adapters.sql.consistency import events, movements, parts, rows
from orders_adapters.sql.consistency.found import BATCH, Area, Batch, Found, last_of
from orders_adapters.sql.consistency.records import OrderRecords, read
from orders_domain.model.consistency.finding import FindingKind, Key

_orders = tables.orders.c
_PAGE = select(tables.orders).order_by(_orders.id).limit(BATCH)
_AFTER = _PAGE.where(_orders.id > bindparam("after", type_=_orders.id.type))
_LOCK = (
    select(tables.orders)
    .where(_orders.id == bindparam("of", type_=_orders.id.type))
    .with_for_update(key_share=True)  # as every change of the order does
)


def _examine(connection: Connection, after: Key | None, now: datetime) -> Batch:
    page = connection.execute(_PAGE if after is None else _AFTER, {"after": after} if after else {}).all()
    return Batch(list(_find(connection, read(connection, page), now)), len(page), last_of(page))


def _lock(connection: Connection, key: Key, now: datetime) -> Sequence[Found]:
    locked = connection.execute(_LOCK, {"of": key}).all()
    return list(_find(connection, read(connection, locked), now))


def _find(connection: Connection, records: Sequence[OrderRecords], now: datetime) -> Iterator[Found]:
    readable = []
    for each in records:
        order = each.folded()
        flaw = rows.history_flaw(each) or ("The history is not readable." if order is None else None)
        if order is None or flaw:
            yield Found(kind=FindingKind.ORDER_HISTORY, key=each.id, subject=each.subject, text=str(flaw))
            continue
        readable.append(each)
        yield from rows.find(each, order)
        yield from parts.find(each, order)
        yield from movements.find(each, order, connection)
    yield from events.find(connection, readable, now)


AREA = Area(examine=_examine, lock=_lock, keys=select(_orders.id))
