"""The outbox, found by the state of each row: a position in it would pass by what commits late."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine, bindparam, func, select, update

from orders_adapters.sql import tables
from orders_adapters.sql.column_types import Moment
from orders_adapters.sql.delete_batches import pruning
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.mappers import outgoing_of
from orders_adapters.sql.outbox import queries
from orders_adapters.sql.outbox.claim import Claim
from orders_adapters.sql.outbox.shard_lock import turn
from orders_domain.ports.outbox import CACHE_LIFE, Backlog, OutboxState, Outgoing

_outbox = tables.outbox.c
_ids = bindparam("ids", expanding=True, type_=_outbox.event_id.type)
_AT_ONCE = 1_000  # ids a statement; a database has a limit of parameters

_REQUEUE = (
    update(tables.outbox)
    .where(_outbox.event_id.in_(_ids), _outbox.state.in_((OutboxState.PARKED, OutboxState.SENT)))
    .values(state=OutboxState.WAITING, attempts=0, due_at=bindparam("now"))
)
_BACKLOG = (
    select(_outbox.state, func.count().label("events"), func.min(_outbox.at, type_=Moment).label("oldest"))
    .where(_outbox.state.in_(tables.UNSENT))
    .group_by(_outbox.state)
)
_PRUNE = pruning(tables.outbox, moment=_outbox.at, where=_outbox.state.in_(tables.SENT))


class Outbox:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engines.reading(engine)

    def due_shards(self, now: datetime) -> Sequence[int]:
        with translate_errors(), self._reading.connect() as connection:
            return connection.scalars(queries.SHARDS_WITH_EVENTS, {"now": now, "young": now - CACHE_LIFE}).all()

    @contextmanager
    def claim(self, shard: int, *, now: datetime, limit: int) -> Iterator[Claim | None]:
        with translate_errors(), turn(self._engine, shard) as ours:
            if ours is None:
                yield None
                return
            moments = {"now": now, "young": now - CACHE_LIFE}
            with ours.reading() as connection:
                rows = connection.execute(queries.EVENTS, {"shard": shard, "most": limit} | moments).all()
            claim = Claim([replace(outgoing_of(row), held_back=row.held_back) for row in rows])
            try:
                yield claim
            finally:
                with ours.writing() as connection:
                    claim.write(connection)

    def select(self, *, states: frozenset[OutboxState], limit: int = 100) -> Sequence[Outgoing]:
        wanted = select(tables.outbox).where(_outbox.state.in_(states)).order_by(_outbox.id).limit(limit)
        with translate_errors(), self._reading.connect() as connection:
            return [outgoing_of(row) for row in connection.execute(wanted)]

    def backlog(self) -> Backlog:
        with translate_errors(), self._reading.connect() as connection:
            found = {row.state: row for row in connection.execute(_BACKLOG)}
        counts = {state: row.events for state, row in found.items()}
        return Backlog(
            waiting=counts.get(OutboxState.WAITING, 0),
            parked=counts.get(OutboxState.PARKED, 0),
            oldest=min((row.oldest for row in found.values()), default=None),
        )

    def requeue(self, event_ids: Sequence[UUID], *, now: datetime) -> int:
        ids = list(dict.fromkeys(event_ids))
        parts = [ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)]
        with translate_errors(), self._engine.begin() as connection:
            return sum(connection.execute(_REQUEUE, {"ids": part, "now": now}).rowcount for part in parts)

    def prune(self, *, sent_before: datetime, limit: int = 1_000) -> int:
        with translate_errors(), self._engine.begin() as connection:
            return connection.execute(_PRUNE, {"before": sent_before, "most": limit}).rowcount
