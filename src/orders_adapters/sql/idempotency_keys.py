"""The keys of one transaction: a statement to claim one, and one to keep it."""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, and_, bindparam, func, select, true
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.delete_batches import delete_older_than
from orders_adapters.sql.errors import translate_errors
from orders_domain.errors import IdempotencyKeyReused, RequestInProgress, StoreContention
from orders_domain.model.history import HistoryEntry
from orders_domain.model.idempotency import RETENTION, DuplicateRequest, IdempotencyKey
from orders_domain.model.order import Order, rebuild
from orders_domain.ports.idempotency_keys import IdempotencyKeyCleanup, IdempotencyKeys

_keys = tables.idempotency_keys.c
_STORED = and_(
    _keys.subject == bindparam("subject"),
    _keys.scope == bindparam("scope"),
    _keys.key == bindparam("key"),
    _keys.at > bindparam("expired"),
)
# The lock says that nobody else is at it, and goes with the transaction, however that ends. Who commits between the
# look at the table and the lock is found out when the key is kept. SQLite's writers wait for each other anyway.
_ACQUIRED = {
    "postgresql": select(func.pg_try_advisory_xact_lock(bindparam("lock", type_=BigInteger)).label("ours")).subquery(),
    "sqlite": select(true().label("ours")).subquery(),
}
# A repetition is answered with the order as it was placed: the first entry of its history has all of it.
_PLACING = and_(tables.order_history.c.order_id == _keys.order_id, tables.order_history.c.version == 1)
_ACQUIRE = {
    dialect: select(ours.c.ours, _keys.fingerprint, tables.orders.c.number, *tables.order_history.c).select_from(
        ours.outerjoin(tables.idempotency_keys, _STORED)
        .outerjoin(tables.order_history, _PLACING)
        .outerjoin(tables.orders, tables.orders.c.id == _keys.order_id)
    )
    for dialect, ours in _ACQUIRED.items()
}


def _storing(insert: Any) -> Any:
    """Insert the key, also over one that has expired; one that has not is a row that does not come back."""
    return insert.on_conflict_do_update(
        index_elements=[_keys.subject, _keys.scope, _keys.key],
        set_={name: insert.excluded[name] for name in ("fingerprint", "order_id", "at")},
        where=_keys.at <= bindparam("expired"),
    ).returning(_keys.order_id)


_STORE = {
    "postgresql": _storing(postgresql.insert(tables.idempotency_keys)),
    "sqlite": _storing(sqlite.insert(tables.idempotency_keys)),
}
_PRUNE = delete_older_than(tables.idempotency_keys, column=_keys.at)


class SqlIdempotencyKeys(IdempotencyKeys):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def acquire(self, key: IdempotencyKey, *, at: datetime) -> None:
        place = {"subject": key.subject, "scope": key.scope, "key": key.key, "expired": at - RETENTION}
        dialect = self._connection.dialect.name
        with translate_errors():
            row = self._connection.execute(_ACQUIRE[dialect], place | {"lock": _lock(key)}).one()
        if row.fingerprint is not None:
            if row.fingerprint != key.fingerprint:
                raise IdempotencyKeyReused
            entry = HistoryEntry(
                **{
                    "kind" if column.name == "what" else column.name: row._mapping[column]
                    for column in tables.order_history.c
                }
            )
            raise DuplicateRequest(rebuild([entry], number=row.number))
        if not row.ours:
            raise RequestInProgress

    def store(self, key: IdempotencyKey, order: Order) -> None:
        values = {
            "subject": key.subject,
            "scope": key.scope,
            "key": key.key,
            "fingerprint": key.fingerprint,
            "order_id": order.id,
            "at": order.created_at,
            "expired": order.created_at - RETENTION,
        }
        with translate_errors():
            kept = self._connection.scalar(_STORE[self._connection.dialect.name], values)
        if kept is None:
            raise StoreContention("Another request under the same key was quicker.")


class SqlIdempotencyKeyCleanup(IdempotencyKeyCleanup):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def prune(self, *, stored_before: datetime, limit: int = 1_000) -> int:
        with translate_errors(), self._engine.begin() as connection:
            return connection.execute(_PRUNE, {"before": stored_before, "most": limit}).rowcount


def _lock(idempotency_key: IdempotencyKey) -> int:
    """A number of 64 bits for PostgreSQL's advisory locks; the relay's have two of 32, which is a space of its own."""
    place = "\x00".join((idempotency_key.subject, idempotency_key.scope, idempotency_key.key)).encode()
    return int.from_bytes(hashlib.sha256(place).digest()[:8], "big", signed=True)
