"""Consistency checks of the database: a snapshot for each batch, and a transaction for each repair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, bindparam, select, tuple_
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from orders_adapters.sql import tables
from orders_adapters.sql.consistency import orders, queues, requests, stock
from orders_adapters.sql.consistency.found import BATCH, UNREADABLE, Area
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import UnexpectedDatabaseError, is_lock_timeout, translate_errors
from orders_adapters.sql.mappers import to_order
from orders_adapters.sql.mapping import shipments
from orders_adapters.sql.retry import retry_on_contention
from orders_domain.errors import InvalidValue, StoreContention, StoreUnavailable, Unavailable
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.consistency.finding import LOCKED, Examined, Finding, FindingKind, Key, Repaired
from orders_domain.model.order import Order
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

_orders = tables.orders.c
_STORED = select(*shipments.COLUMNS).where(
    _orders.deleted_at.is_(None), _orders.id.in_(bindparam("ids", expanding=True, type_=_orders.id.type))
)


class SqlConsistencyChecks(ConsistencyChecks):
    """A batch is read in one snapshot, so that nothing is found which only a change in between explains."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def areas(self) -> Sequence[str]:
        return list(AREAS)

    def examine(self, area: str, *, after: Key | None, now: datetime) -> Examined:
        _ensure_position(area, after)
        try:
            with translate_errors(), self._snapshot() as connection:
                batch = AREAS[area].examine(connection, after, now)
        except Unavailable:
            raise
        except (*UNREADABLE, UnexpectedDatabaseError):
            return self._one_by_one(area, after, now)
        return Examined(tuple(found.finding for found in batch.found), batch.count, batch.last)

    def _one_by_one(self, area: str, after: Key | None, now: datetime) -> Examined:
        """Examine each subject of a batch by itself, because one of them is not readable."""
        keys = self._keys(area, after)
        findings: list[Finding] = []
        for key in keys:
            try:
                findings += self._examine_locked(area, key, now)
            except Unavailable:
                raise
            except (*UNREADABLE, UnexpectedDatabaseError) as error:
                findings.append(_unreadable(area, key, error))
        return Examined(tuple(findings), len(keys), keys[-1] if len(keys) == BATCH else None)

    def _examine_locked(self, area: str, key: Key, now: datetime) -> Sequence[Finding]:
        with translate_errors():
            try:
                with self._engine.begin() as connection:
                    return [found.finding for found in AREAS[area].lock(connection, key, now)]
            except OperationalError as error:
                if is_lock_timeout(error):
                    return [replace(_unreadable(area, key, error), text=f"It is not examined. {LOCKED}")]
                raise

    def _keys(self, area: str, after: Key | None) -> list[Key]:
        """Return the keys of a batch.

        Raises:
            StoreUnavailable: they are not readable, so that the rows cannot be named.
        """
        statement = AREAS[area].keys
        if statement is None:
            raise StoreUnavailable(f"The {area} are not readable.")
        columns = statement.selected_columns
        if after is not None:
            statement = statement.where(tuple_(*columns) > (after if isinstance(after, tuple) else (after,)))
        try:
            with translate_errors(), self._snapshot() as connection:
                rows = connection.execute(statement.order_by(*columns).limit(BATCH)).all()
        except (ValueError, UnexpectedDatabaseError) as error:
            raise StoreUnavailable(f"The keys of the {area} are not readable.") from error
        return [tuple(row) if len(row) > 1 else row[0] for row in rows]

    def repair(self, area: str, key: Key, *, by: Actor, at: datetime) -> Repaired:
        try:
            return retry_on_contention(self._repair)(area, key, by=by, at=at)
        except StoreContention:
            return Repaired(is_locked=True)
        except Unavailable:
            raise
        except (*UNREADABLE, UnexpectedDatabaseError) as error:
            return Repaired(remaining=(_unreadable(area, key, error),))

    def _repair(self, area: str, key: Key, *, by: Actor, at: datetime) -> Repaired:
        found: Sequence[Finding] = ()
        with translate_errors():
            try:
                with self._engine.begin() as connection:
                    locked = AREAS[area].lock(connection, key, at)
                    found = [each.finding for each in locked]
                    repairs = dict.fromkeys(each.repair for each in locked if each.repair)
                    versions = [repair(connection, by, at) for repair in repairs]
            except Unavailable:
                raise
            except (IntegrityError, DataError, *UNREADABLE):  # a constraint, or the limits of a value
                if not found:
                    raise
                return Repaired(remaining=tuple(map(_refused, found)))
            except OperationalError as error:
                if is_lock_timeout(error):
                    return Repaired(is_locked=True)
                raise
        return Repaired(
            repaired=tuple(each for each in found if each.repairable),
            remaining=tuple(each for each in found if not each.repairable),
            version=max((version for version in versions if version is not None), default=None),
        )

    def stored(self, order_ids: Sequence[UUID]) -> Mapping[UUID, Order]:
        try:
            return self._stored(order_ids)
        except Unavailable:
            raise
        except (*UNREADABLE, UnexpectedDatabaseError):
            if len(order_ids) == 1:
                return {}
            return {order_id: order for each in order_ids for order_id, order in self.stored([each]).items()}

    def _stored(self, order_ids: Sequence[UUID]) -> Mapping[UUID, Order]:
        with translate_errors(), engines.autocommit(self._engine).connect() as connection:
            rows = connection.execute(_STORED, {"ids": list(order_ids)}).all()
        return {row.id: to_order(row) for row in rows}

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


def _ensure_position(area: str, after: Key | None) -> None:
    """Check that the key is one of the area.

    Raises:
        InvalidValue: it has another type, or is larger than any key.
    """
    keys = AREAS[area].keys
    types: Sequence[Any] = () if keys is None else [column.type.python_type for column in keys.selected_columns]
    values: Sequence[Any] = after if isinstance(after, tuple) else (after,)
    if after is not None and (
        [type(value) for value in values] != types or any(type(value) is int and value >= 2**63 for value in values)
    ):
        raise InvalidValue("The position must be one that an interrupted run has printed.")


def _refused(finding: Finding) -> Finding:
    return replace(finding, text=f"{finding.text} The database refuses the repair.") if finding.repairable else finding


def _unreadable(area: str, key: Key, error: Exception) -> Finding:
    """Return the finding; without the text of the error, which may have personal data."""
    name = " ".join(key) if isinstance(key, tuple) else key
    return Finding(
        kind=FindingKind.UNREADABLE_ROW,
        key=key,
        subject=f"row {name} of the {area}",
        text=f"It is not readable, or what belongs to it is not ({type(error.__cause__ or error).__name__}).",
        repairable=False,
    )
