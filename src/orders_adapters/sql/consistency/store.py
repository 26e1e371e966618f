"""Consistency checks of the database: a snapshot for each batch, and a transaction for each repair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from orders_adapters.sql.consistency import orders, queues, requests, stock
from orders_adapters.sql.consistency.found import Area
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.retry import retry_on_contention
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.consistency.finding import Examined, Finding, Key, Repaired
from orders_domain.ports.consistency.checks import ConsistencyChecks

AREAS: Mapping[str, Area] = {
    "orders": orders.AREA,
    "order numbers": queues.NUMBERS,
    "stock holds": stock.HOLDS,
    "products": stock.PRODUCTS,
    "reservations": requests.RESERVATIONS,
    "idempotency keys": requests.KEYS,
    **queues.QUEUES,
}


class SqlConsistencyChecks(ConsistencyChecks):
    """A batch is read in one snapshot, so that nothing is found which only a change in between explains."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def areas(self) -> Sequence[str]:
        return list(AREAS)

    def examine(self, area: str, *, after: Key | None, now: datetime) -> Examined:
        with translate_errors(), self._snapshot() as connection:
            batch = AREAS[area].examine(connection, after, now)
        return Examined(tuple(found.finding for found in batch.found), batch.count, batch.last)

    def repair(self, area: str, key: Key, *, by: Actor, at: datetime) -> Repaired:
        return retry_on_contention(self._repair)(area, key, by=by, at=at)

    def _repair(self, area: str, key: Key, *, by: Actor, at: datetime) -> Repaired:
        found: Sequence[Finding] = ()
        with translate_errors():
            try:
                with self._engine.begin() as connection:
                    locked = AREAS[area].lock(connection, key, at)
                    found = [each.finding for each in locked]
                    repairs = dict.fromkeys(each.repair for each in locked if each.repair)
                    versions = [repair(connection, by, at) for repair in repairs]
            except IntegrityError:  # a constraint has refused a repair
                return Repaired(remaining=tuple(found))
        return Repaired(
            repaired=tuple(each for each in found if each.repairable),
            remaining=tuple(each for each in found if not each.repairable),
            version=max((version for version in versions if version is not None), default=None),
        )

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        if engines.is_sqlite(self._engine):
            with engines.autocommit(self._engine).connect() as connection:
                connection.exec_driver_sql("BEGIN")  # of a transaction that reads, and so waits for no other
                yield connection
            return
        reading = self._engine.execution_options(isolation_level="REPEATABLE READ")
        with reading.connect() as connection, connection.begin():
            yield connection
