"""Checks of the events of orders: each recent change has its event in the outbox."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid5

from sqlalchemy import Connection, bindparam, select

from orders_adapters.sql import tables
from orders_adapters.sql.consistency.found import Found
from orders_adapters.sql.consistency.records import OrderRecords
from orders_adapters.sql.mappers import event_values, insert_all
from orders_domain.model import history
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.consistency.finding import FindingKind
from orders_domain.model.events import EVENT_TYPES, event_for
from orders_domain.model.order import rebuild

RETENTION = timedelta(days=6, hours=23)
"""Younger events are not purged, as those that were sent seven days ago are, by whatever clock."""
_PAGE = 500
_event_id = tables.outbox.c.event_id
_STORED = select(_event_id).where(_event_id.in_(bindparam("ids", expanding=True, type_=_event_id.type)))


def find(connection: Connection, records: Sequence[OrderRecords], now: datetime) -> Iterator[Found]:
    """Yield a finding for each change of the orders whose event is missing."""
    expected = {
        uuid5(each.id, str(entry.version)): (each, entry)
        for each in records
        for entry in _recent(each, now - RETENTION)
    }
    ids = list(expected)
    stored: set[UUID] = set()
    for start in range(0, len(ids), _PAGE):
        stored.update(connection.scalars(_STORED, {"ids": ids[start : start + _PAGE]}))
    for event_id, (each, entry) in expected.items():
        if event_id not in stored:
            yield Found(
                kind=FindingKind.EVENT_MISSING,
                key=each.id,
                subject=each.subject,
                text=f"The outbox lacks the event {EVENT_TYPES[entry.kind]} of version {entry.version}.",
                repair=partial(_publish, each, entry.version),
            )


def _recent(records: OrderRecords, since: datetime) -> Iterator[history.HistoryEntry]:
    """Yield the recent entries. An erasure deletes the events of those before it."""
    for entry in reversed(records.entries):
        if entry.at < since:
            return
        yield entry
        if entry.kind == history.ERASED:
            return


def _publish(records: OrderRecords, version: int, connection: Connection, by: Actor, at: datetime) -> None:
    """Insert the event, with the id that it had, so that a receiver recognizes one that was sent."""
    order = rebuild(records.entries[:version], number=records.row.number)
    order.contact = records.contact
    insert_all(connection, tables.outbox, [event_values(event_for(records.entries[version - 1], order))])
