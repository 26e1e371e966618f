"""Areas of the queues: a row that waits is due in time, and in the queue of its order; and the sequence of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, func, select, text, update

from orders_adapters.sql import tables
from orders_adapters.sql.consistency.found import BATCH, Area, Batch, Found, last_of
from orders_adapters.sql.consistency.requests import MAX_LEASE
from orders_adapters.sql.sharding import shard_of
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.consistency.finding import FindingKind, Key
from orders_domain.ports.outbox import DUE_AT_ONCE, OutboxState

MAX_DELIVERY_DELAY = timedelta(days=1)
"""A delivery is tried again after 12 hours at most."""
_outbox, _jobs, _notifications = tables.outbox.c, tables.jobs.c, tables.notifications.c
_deliveries, _messages = tables.webhook_deliveries.c, tables.webhook_messages.c


@dataclass(frozen=True, slots=True)
class _Queue:
    """A table with leases: the condition of the rows that wait, and the column and the limit of their lease."""

    kind: FindingKind
    table: Table
    waits: ColumnElement[bool]
    due: Column[Any]
    limit: timedelta
    noun: str
    others: Callable[[Any], Iterator[Found]] | None = None
    statement: Any = None

    def area(self) -> Area:
        return Area(examine=self._examine, lock=self._lock, keys=select(self.table.c.id).where(self.waits))

    @property
    def _rows(self) -> Any:
        statement: Any = self.statement
        if statement is None:
            statement = select(self.table)
        return statement.where(self.waits)

    def _examine(self, connection: Connection, after: Key | None, now: datetime) -> Batch:
        ids = self.table.c.id
        statement = self._rows.order_by(ids).limit(BATCH)
        page = connection.execute(statement if after is None else statement.where(ids > after)).all()
        return Batch([found for row in page for found in self._find(row, now)], len(page), last_of(page))

    def _lock(self, connection: Connection, key: Any, now: datetime) -> Sequence[Found]:
        locked = self._rows.where(self.table.c.id == key).with_for_update(of=self.table)
        return [found for row in connection.execute(locked) for found in self._find(row, now)]

    def _find(self, row: Any, now: datetime) -> Iterator[Found]:
        yield from self.others(row) if self.others else ()
        due_at = row._mapping[self.due]
        if due_at > now + self.limit:
            yield Found(
                kind=self.kind,
                key=row.id,
                subject=f"{self.noun} {row.id}{_of_order(row)}",
                text=f"It waits, and its lease or pause ends at {due_at:%Y-%m-%d %H:%M} only.",
                repair=partial(_update, self.table, row.id, {self.due.name: DUE_AT_ONCE}),
            )


def _of_order(row: Any) -> str:
    order_id = row._mapping.get("order_id")
    return f" of order {order_id}" if order_id else ""


def _update(table: Table, key: Any, values: dict[str, Any], connection: Connection, by: Actor, at: datetime) -> None:
    connection.execute(update(table).where(table.c.id == key).values(values))


def _shards(row: Any) -> Iterator[Found]:
    if row.shard != (shard := shard_of(row.order_id)):
        yield Found(
            kind=FindingKind.EVENT_SHARD,
            key=row.id,
            subject=f"event {row.id}{_of_order(row)}",
            text=f"It is in shard {row.shard} of the outbox, and its order in shard {shard}.",
            repair=partial(_update, tables.outbox, row.id, {"shard": shard}),
        )


def _orders(row: Any) -> Iterator[Found]:
    if (row.order_id, row.version) != (row.message_order, row.message_version):
        yield Found(
            kind=FindingKind.DELIVERY_ORDER,
            key=row.id,
            subject=f"webhook delivery {row.id}",
            text=f"It is in the order of version {row.version} of order {row.order_id}, and its message is of version "
            f"{row.message_version} of order {row.message_order}.",
            repair=partial(
                _update,
                tables.webhook_deliveries,
                row.id,
                {"order_id": row.message_order, "version": row.message_version},
            ),
        )


QUEUES = {
    "events": _Queue(
        FindingKind.EVENT_LEASE,
        tables.outbox,
        _outbox.state.in_((OutboxState.WAITING, OutboxState.PUBLISHED, OutboxState.PARKED)),
        _outbox.due_at,
        MAX_LEASE,
        "event",
        _shards,
    ).area(),
    "jobs": _Queue(
        FindingKind.JOB_LEASE, tables.jobs, _jobs.status.in_(tables.UNFINISHED), _jobs.leased_until, MAX_LEASE, "job"
    ).area(),
    "webhook deliveries": _Queue(
        FindingKind.DELIVERY_LEASE,
        tables.webhook_deliveries,
        tables.WAITING_DELIVERIES,
        _deliveries.due_at,
        MAX_DELIVERY_DELAY,
        "webhook delivery",
        _orders,
        select(
            tables.webhook_deliveries,
            _messages.order_id.label("message_order"),
            _messages.version.label("message_version"),
        ).join(tables.webhook_messages, _messages.id == _deliveries.message_id),
    ).area(),
    "notifications": _Queue(
        FindingKind.NOTIFICATION_LEASE,
        tables.notifications,
        tables.WAITING_NOTIFICATIONS,
        _notifications.due_at,
        MAX_LEASE,
        "notification",
    ).area(),
}

_LAST_NUMBER = select(func.coalesce(func.max(tables.orders.c.number), 0))
_SEQUENCE = text("SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM order_numbers")
_ADVANCE = text("SELECT setval('order_numbers', :number) FROM order_numbers WHERE last_value <= :number")


def _examine_numbers(connection: Connection, after: Key | None, now: datetime) -> Batch:
    return Batch(_lock_numbers(connection, 0, now), 0, None)


def _lock_numbers(connection: Connection, key: Any, now: datetime) -> Sequence[Found]:
    """Examine the sequence, which has no lock; SQLite has no sequence."""
    if connection.dialect.name != "postgresql":
        return []
    last = int(connection.scalar(_LAST_NUMBER) or 0)
    following = int(connection.scalar(_SEQUENCE) or 0)
    if following >= last:
        return []
    return [
        Found(
            kind=FindingKind.ORDER_NUMBER,
            key=0,
            subject=f"order {last}",
            text=f"The next order would get number {following + 1}, which may be taken, so that it is refused.",
            repair=partial(_advance, last),
        )
    ]


def _advance(number: int, connection: Connection, by: Actor, at: datetime) -> None:
    connection.execute(_ADVANCE, {"number": number})


NUMBERS = Area(examine=_examine_numbers, lock=_lock_numbers, keys=None)
