"""Statements that lock an order and read it; for PostgreSQL also one that acquires the key of its change first."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, Text, bindparam, cast, select, true

from orders_adapters.sql import idempotency_keys, mappers, tables
from orders_adapters.sql.engine.compiled_statement import CompiledStatement
from orders_adapters.sql.engine.engine import json_value
from orders_adapters.sql.tables.column_types import is_valid_id
from orders_domain.errors import OrderNotFound, RequestInProgress
from orders_domain.model.custom_item import CustomItem
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.order import Order
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.order_state import stored_items

_orders = tables.orders.c
# The items are read as text, because a parcel would parse up to 1,000 of them for the quantity of one.
_COLUMNS = [cast(column, Text).label("items") if column.name == "items" else column for column in tables.orders.c]
# FOR NO KEY UPDATE prevents changes of the order, but permits inserts that refer to it. SQLite needs no lock.
_LOCKING = select(*_COLUMNS).where(_orders.deleted_at.is_(None)).with_for_update(key_share=True)


def _by(column: Column[Any], *conditions: ColumnElement[bool]) -> Select[Any]:
    return _LOCKING.where(column == bindparam("ref", type_=column.type), *conditions)


def _by_part(parts: Table) -> Select[Any]:
    order_id = select(parts.c.order_id).where(parts.c.id == bindparam("ref", type_=parts.c.id.type))
    return _LOCKING.where(_orders.id == order_id.scalar_subquery())


BY_ID, BY_NUMBER = CompiledStatement(_by(_orders.id)), CompiledStatement(_by(_orders.number))
BY_SHIPMENT = CompiledStatement(_by(_orders.shipment_id))
BY_REFERENCE = CompiledStatement(_by(_orders.reference, _orders.source == bindparam("source")))
BY_PARCEL, BY_RETURN = (CompiledStatement(_by_part(parts)) for parts in (tables.shipments, tables.order_returns))


def statement_for(ref: OrderRef) -> CompiledStatement:
    """Return the statement that locks the order with the id or number.

    Raises:
        OrderNotFound: no order can have this number.
    """
    if not is_valid_id(ref):
        raise OrderNotFound(ref)
    return BY_ID if isinstance(ref, UUID) else BY_NUMBER


def order_of(row: Mapping[str, Any]) -> Order:
    """Return the order of a row of these statements, without its shipments."""
    return mappers.order_of({**row, "items": _items_of(row["items"])})


@lru_cache(maxsize=4)
def _items_of(text: str) -> Sequence[CustomItem]:
    """Return the items of their JSON, which never change: an order may be shipped in many parcels in a row."""
    return stored_items(json_value(text))


def _with_key(locking: Select[Any]) -> CompiledStatement:
    """Lock the order only if the key is new and no other request has it, so that none waits for an order in vain."""
    lock = idempotency_keys.KEY_LOCK.subquery()
    columns = idempotency_keys.STORED_COLUMNS
    stored = (
        select(lock.c.acquired, *(column.label(f"stored_{place}") for place, column in enumerate(columns)))
        .select_from(idempotency_keys.with_stored_order(lock))
        .cte("stored")
    )
    is_new = select(stored.c.acquired & stored.c.stored_0.is_(None)).scalar_subquery()
    locked = locking.where(is_new).cte("locked")
    return CompiledStatement(select(*stored.c, *locked.c).select_from(stored.outerjoin(locked, true())))


_BY_ID_WITH_KEY, _BY_NUMBER_WITH_KEY = _with_key(_by(_orders.id)), _with_key(_by(_orders.number))
_STORED = len(idempotency_keys.STORED_COLUMNS)


def lock_with_key(connection: Connection, ref: OrderRef, key: IdempotencyKey, *, at: datetime) -> Order:
    """Acquire the key and lock the order on PostgreSQL, in one statement.

    Raises:
        OrderNotFound: there is no such order.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
    """
    by_id = isinstance(ref, UUID)
    values = {"ref": ref if is_valid_id(ref) else 0, "lock": idempotency_keys.lock_number(key)}
    values |= idempotency_keys.lookup_values(key, at=at)
    ((acquired, *columns),) = (_BY_ID_WITH_KEY if by_id else _BY_NUMBER_WITH_KEY).execute(connection, values)
    stored, row = columns[:_STORED], columns[_STORED:]
    if stored[0] is not None:
        idempotency_keys.ensure_new(key, idempotency_keys.stored_row(stored))
    if not acquired:
        raise RequestInProgress
    if row[0] is None:
        raise OrderNotFound(ref)
    return order_of(dict(zip(_NAMES, row, strict=True)))


_NAMES = [column.name for column in tables.orders.c]
