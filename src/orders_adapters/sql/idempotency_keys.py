"""Idempotency keys of one transaction: one statement to acquire a key, and one to store it.

On PostgreSQL the latter publishes the event of the order, too, if there is one and no other.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, FromClause, Row, Subquery, and_, bindparam, func, select, true
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.engine.compiled_statement import CompiledStatement
from orders_adapters.sql.engine.delete_batches import delete_batch, delete_older_than
from orders_adapters.sql.engine.postgresql import SCHEMA_KEY
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.mappers import event_values, to_placed_order
from orders_domain.errors import IdempotencyKeyReused, RequestInProgress, StoreContention
from orders_domain.model.events import Event
from orders_domain.model.idempotency import RETENTION, DuplicateRequest, IdempotencyKey
from orders_domain.model.order import Order
from orders_domain.ports.idempotency_keys import IdempotencyKeyCleanup, IdempotencyKeys

_keys = tables.idempotency_keys.c
_STORED = and_(
    _keys.subject == bindparam("subject"),
    _keys.scope == bindparam("scope"),
    _keys.key == bindparam("key"),
    _keys.at > bindparam("expired"),
)
# The transaction that holds the lock is the only one that handles the key; the lock ends with the transaction. If
# another one commits between the read of the table and the lock, storing the key detects it. SQLite's writers are
# serialized and need no lock.
KEY_LOCK = select(
    func.pg_try_advisory_xact_lock(bindparam("lock", type_=BigInteger).bitwise_xor(SCHEMA_KEY)).label("acquired")
)
NO_LOCK = select(true().label("acquired"))
# A duplicate request gets the order as it was placed, which is the first entry of its history.
_PLACING = and_(tables.order_history.c.order_id == _keys.order_id, tables.order_history.c.version == 1)


def with_stored_order(lock: Subquery) -> FromClause:
    """Return the one row of the lock, joined to the key and the order that it is stored with."""
    return (
        lock.outerjoin(tables.idempotency_keys, _STORED)
        .outerjoin(tables.order_history, _PLACING)
        .outerjoin(tables.orders, tables.orders.c.id == _keys.order_id)
    )


STORED_COLUMNS = (
    _keys.fingerprint,
    _keys.version.label("key_version"),
    tables.orders.c.number,
    *tables.ENTRY_COLUMNS,
)
_ACQUIRE = {
    dialect: CompiledStatement(select(lock.c.acquired, *STORED_COLUMNS).select_from(with_stored_order(lock)))
    for dialect, lock in {"postgresql": KEY_LOCK.subquery(), "sqlite": NO_LOCK.subquery()}.items()
}


def _storing(insert: Any) -> Any:
    """Insert the key or replace an expired one. No row is returned if a key exists that has not expired."""
    insert = insert.values({column.name: bindparam(column.name, type_=column.type) for column in _keys})
    return insert.on_conflict_do_update(
        index_elements=[_keys.subject, _keys.scope, _keys.key],
        set_={name: insert.excluded[name] for name in ("fingerprint", "order_id", "at", "version")},
        where=_keys.at <= bindparam("expired"),
    ).returning(_keys.order_id)


_STORE = {
    "postgresql": CompiledStatement(_storing(postgresql.insert(tables.idempotency_keys))),
    "sqlite": CompiledStatement(_storing(sqlite.insert(tables.idempotency_keys))),
}
_STORE_AND_PUBLISH = CompiledStatement(
    select(_storing(postgresql.insert(tables.idempotency_keys)).cte("stored").c.order_id).add_cte(
        tables.outbox.insert()
        .values(
            {
                column.name: bindparam(f"outbox_{column.name}", type_=column.type)
                for column in tables.outbox.c
                if column.name != "id"
            }
        )
        .cte("published")
    )
)
"""For PostgreSQL: store a key, and publish an event of its order."""
_PRUNE = delete_older_than(tables.idempotency_keys, column=_keys.at)


class SqlIdempotencyKeys(IdempotencyKeys):
    def __init__(self, connection: Connection, *, published: list[Event], delivery: Mapping[str, Any]) -> None:
        self._connection = connection
        self._published = published  # the events for the outbox
        self._delivery = delivery

    def acquire(self, key: IdempotencyKey, *, at: datetime) -> None:
        dialect = self._connection.dialect.name
        with translate_errors():
            ((acquired, *stored),) = _ACQUIRE[dialect].execute(
                self._connection, lookup_values(key, at=at) | {"lock": lock_number(key)}
            )
        ensure_new(key, stored_row(stored))
        if not acquired:
            raise RequestInProgress

    def store(self, key: IdempotencyKey, order: Order, *, at: datetime | None = None) -> None:
        at = at or order.created_at
        values = key_values(key, order) | {"at": at, "expired": at - RETENTION}
        dialect = self._connection.dialect.name
        with translate_errors():
            if len(self._published) == 1 and dialect == "postgresql":
                row = {**event_values(self._published[0]), **self._delivery}
                values |= {f"outbox_{name}": value for name, value in row.items()}
                stored = _STORE_AND_PUBLISH.execute(self._connection, values)
                self._published.clear()
            else:
                stored = _STORE[dialect].execute(self._connection, values)
        if not stored:
            raise StoreContention("Another request has stored the same key.")


class SqlIdempotencyKeyCleanup(IdempotencyKeyCleanup):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def prune(self, *, stored_before: datetime, limit: int = 1_000) -> int:
        with translate_errors(), self._engine.begin() as connection:
            return delete_batch(connection, _PRUNE, before=stored_before, limit=limit)


def lookup_values(key: IdempotencyKey, *, at: datetime) -> dict[str, Any]:
    """Return the parameters that find a key which has not expired."""
    return {"subject": key.subject, "scope": key.scope, "key": key.key, "expired": at - RETENTION}


def ensure_new(key: IdempotencyKey, row: Row[Any]) -> None:
    """Check that the key of a request is not stored.

    Raises:
        DuplicateRequest: the key is stored with the order of the same request.
        IdempotencyKeyReused: the key is stored with the order of another request.
    """
    if row.fingerprint is not None:
        if row.fingerprint != key.fingerprint:
            raise IdempotencyKeyReused
        raise DuplicateRequest(to_placed_order(row), version=row.key_version)


def stored_row(values: Sequence[Any]) -> Any:
    """Return the values of ``STORED_COLUMNS`` as ``ensure_new`` expects them, by name and by column."""
    mapping = dict(zip(STORED_COLUMNS, values, strict=True))
    return SimpleNamespace(_mapping=mapping, **{column.name: value for column, value in mapping.items()})


def key_values(key: IdempotencyKey, order: Order) -> dict[str, Any]:
    """Return the row of a key that is stored with its order."""
    return {
        "subject": key.subject,
        "scope": key.scope,
        "key": key.key,
        "fingerprint": key.fingerprint,
        "order_id": order.id,
        "at": order.created_at,
        "version": order.version,
    }


def lock_number(idempotency_key: IdempotencyKey) -> int:
    """Return the number of a 64-bit advisory lock. The shard locks have two 32-bit numbers, a separate key space."""
    content = f"{idempotency_key.subject}\x00{idempotency_key.scope}\x00{idempotency_key.key}".encode()
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "big", signed=True)
