"""Outbox repository. Rows are selected by state, because a cursor would skip transactions that commit late."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, bindparam, func, select, update

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.engine.delete_batches import delete_batch, delete_older_than
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.mappers import to_message
from orders_adapters.sql.outbox import queries
from orders_adapters.sql.outbox.claim import SqlShardClaim, batches
from orders_adapters.sql.outbox.shard_lock import acquire_shards
from orders_adapters.sql.tables.column_types import UtcDateTime
from orders_domain.ports.outbox import MAX_CACHE_AGE, Outbox, OutboxBacklog, OutboxMessage, OutboxState

_outbox = tables.outbox.c
_ids = bindparam("ids", expanding=True, type_=_outbox.event_id.type)

_REQUEUE = (
    update(tables.outbox)
    .where(_outbox.event_id.in_(_ids), _outbox.state.in_((OutboxState.PARKED, OutboxState.SENT)))
    .values(state=OutboxState.WAITING, attempts=0, due_at=bindparam("now"))
)
_BACKLOG = (
    select(_outbox.state, func.count().label("events"), func.min(_outbox.at, type_=UtcDateTime).label("oldest"))
    .where(_outbox.state.in_(tables.UNSENT))
    .group_by(_outbox.state)
)
_PRUNE = delete_older_than(tables.outbox, column=_outbox.at, where=_outbox.state.in_(tables.SENT))


class SqlOutbox(Outbox):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._autocommit = engines.autocommit(engine)

    def due_shards(self, now: datetime) -> Sequence[int]:
        with translate_errors(), self._autocommit.connect() as connection:
            return connection.scalars(queries.DUE_SHARDS, {"now": now, "recent_after": now - MAX_CACHE_AGE}).all()

    @contextmanager
    def claim(self, *shards: int, now: datetime, limit: int) -> Iterator[SqlShardClaim | None]:
        with translate_errors(), acquire_shards(self._engine, shards) as lock:
            if lock is None:
                yield None
                return
            values = {"now": now, "recent_after": now - MAX_CACHE_AGE, "limit": limit}
            with lock.read_connection() as connection:
                rows = _due_rows(connection, lock.shards, values)
            claim = SqlShardClaim([replace(to_message(row), blocked=row.blocked) for row in rows])
            try:
                yield claim
            finally:
                with lock.write_connection() as connection:
                    claim.write(connection)

    def select(self, *, states: frozenset[OutboxState], limit: int = 100) -> Sequence[OutboxMessage]:
        statement = select(tables.outbox).where(_outbox.state.in_(states)).order_by(_outbox.id).limit(limit)
        with translate_errors(), self._autocommit.connect() as connection:
            return [to_message(row) for row in connection.execute(statement)]

    def backlog(self) -> OutboxBacklog:
        with translate_errors(), self._autocommit.connect() as connection:
            totals = {row.state: row for row in connection.execute(_BACKLOG)}
        counts = {state: row.events for state, row in totals.items()}
        return OutboxBacklog(
            waiting=counts.get(OutboxState.WAITING, 0),
            parked=counts.get(OutboxState.PARKED, 0),
            oldest=min((row.oldest for row in totals.values()), default=None),
        )

    def requeue(self, event_ids: Sequence[UUID], *, now: datetime) -> int:
        ids = list(dict.fromkeys(event_ids))
        with translate_errors(), self._engine.begin() as connection:
            return sum(connection.execute(_REQUEUE, {"ids": batch, "now": now}).rowcount for batch in batches(ids))

    def prune(self, *, sent_before: datetime, limit: int = 1_000) -> int:
        with translate_errors(), self._engine.begin() as connection:
            return delete_batch(connection, _PRUNE, before=sent_before, limit=limit)


def _due_rows(connection: Connection, shards: Sequence[int], values: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """Return the due messages of the shards, oldest first within each."""
    if engines.is_sqlite(connection.engine):  # it has no subquery for each row of another
        return [row for shard in shards for row in connection.execute(queries.DUE_MESSAGES, {"shard": shard, **values})]
    return connection.execute(queries.DUE_MESSAGES_OF_SHARDS, {"shards": list(shards), **values}).all()
