"""Erasure of one order in a transaction: its row, its history, its events and what refers to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, false, select, update

from orders_adapters.serialization.cloudevents import event_bytes
from orders_adapters.sql import tables
from orders_adapters.sql.mappers import entry_values, event_values, insert_all, order_values, to_entry, to_order
from orders_adapters.sql.mapping import shipments
from orders_adapters.sql.search import order_words
from orders_adapters.sql.tables.jobs import JobKind
from orders_domain.model import events
from orders_domain.model.personal.erasure import Erase, ErasedOrder
from orders_domain.model.personal.fates import WORD
from orders_domain.ports.outbox import OutboxState

_orders = tables.orders.c
_history = tables.order_history.c
_outbox = tables.outbox.c
_jobs = tables.jobs.c
_movements = tables.stock_movements.c
_reservations = tables.reservations.c

_LOCK = select(tables.orders).where(_orders.id == bindparam("of")).with_for_update(key_share=True)
_HISTORY = select(*tables.ENTRY_COLUMNS).where(_history.order_id == bindparam("of")).order_by(_history.version)
_REWRITTEN = ("actor", "request_id", "traceparent", "details")
_REWRITE = (
    update(tables.order_history)
    .where(_history.order_id == bindparam("of"), _history.version == bindparam("at_version"))
    .values({name: bindparam(name) for name in _REWRITTEN})
)
_REWRITE_EVENT = (
    update(tables.outbox)
    .where(_outbox.event_id == bindparam("of"))
    .values(data=bindparam("data"), traceparent=None, last_error=None, notifies=false())
)
_REWRITE_WEBHOOK = (
    update(tables.webhook_messages)
    .where(tables.webhook_messages.c.id == bindparam("of"))
    .values(body=bindparam("body"))
)
_LOCK_POSITION = select(tables.webhook_positions.c.read_at).with_for_update()
_CHANGE_POSITION = update(tables.webhook_positions).values(read_at=bindparam("moment"))
_IDS: Any = bindparam("ids", expanding=True)
_DELETE_EVENTS = delete(tables.outbox).where(_outbox.event_id.in_(_IDS), _outbox.state == OutboxState.SENT)
_DELETE_NOTICES = delete(tables.outbox).where(_outbox.event_id.in_(_IDS))
_DELETE_TAGS = delete(tables.order_tags).where(tables.order_tags.c.order_id == bindparam("of"))
_DELETE_LETTERS = delete(tables.notifications).where(tables.notifications.c.order_id == bindparam("of"))
_DELETE_EXPORTS = delete(tables.jobs).where(_jobs.kind == JobKind.EXPORT)
_DELETE_REQUESTS = delete(tables.jobs).where(_jobs.answer["order_id"].as_string() == bindparam("text"))
_REWRITE_MOVEMENTS = (
    update(tables.stock_movements)
    .where(_movements.order_id == bindparam("of"), _movements.actor == bindparam("user"))
    .values(actor=WORD)
)
_REWRITE_RESERVATION = update(tables.reservations).where(_reservations.order_id == bindparam("of")).values(user_id=WORD)
_UNWRITTEN = ("id", "number", "cart_snapshot_id")
"""Columns of the order that an erasure does not write; a cart stays ordered."""


def erase(connection: Connection, order_id: UUID, erase: Erase) -> int | None:
    """Erase the order and return its new version; None if it does not exist."""
    row = connection.execute(_LOCK, {"of": order_id}).one_or_none()
    if row is None:
        return None
    history = connection.execute(_HISTORY, {"of": order_id}).mappings()
    order = to_order(row)
    shipments.read(connection, order)
    erased = erase(order, [to_entry(dict(entry)) for entry in history])
    _store(connection, erased, user_id=row.user_id)
    return erased.order.version


def exclude_webhooks(connection: Connection) -> None:
    """Let no events be queued for webhooks that were read before the end of this transaction.

    A worker stores the events that it read with the next position, and only if the position is still that of before.
    So it waits for this transaction, and reads them again; or this one waits, and finds its messages.
    """
    read_at = connection.scalar(_LOCK_POSITION)
    if read_at is not None:
        connection.execute(_CHANGE_POSITION, {"moment": read_at + timedelta(microseconds=1)})


def delete_exports(connection: Connection) -> None:
    """Delete the exports of all users. Their files may contain the orders before the erasure."""
    connection.execute(_DELETE_EXPORTS)


def _store(connection: Connection, erased: ErasedOrder, *, user_id: str | None) -> None:
    order = erased.order
    values = {name: value for name, value in order_values(order).items() if name not in _UNWRITTEN}
    connection.execute(update(tables.orders).where(_orders.id == order.id).values(values))
    shipments.rewrite(connection, {known.id: known for known in order.life.shipments})
    rewritten: list[dict[str, Any]] = [
        {name: getattr(entry, name) for name in _REWRITTEN} | {"of": order.id, "at_version": entry.version}
        for entry in erased.entries
    ]
    connection.execute(_REWRITE, rewritten)
    order_words.store(connection, order)
    _rewrite_events(connection, erased)
    for statement in (_DELETE_TAGS, _DELETE_LETTERS, _REWRITE_RESERVATION):
        connection.execute(statement, {"of": order.id})
    connection.execute(_DELETE_REQUESTS, {"text": str(order.id)})
    if user_id is not None:
        connection.execute(_REWRITE_MOVEMENTS, {"of": order.id, "user": user_id})
    insert_all(connection, tables.order_history, [entry_values(entry) for entry in order.new_entries])
    new = [events.event_for(entry, order) for entry in order.new_entries]
    insert_all(connection, tables.outbox, [event_values(event) for event in new])


def _rewrite_events(connection: Connection, erased: ErasedOrder) -> None:
    """Delete the events that are sent, and the user's notices; rewrite those to be sent, and those of webhooks."""
    connection.execute(_DELETE_EVENTS, {"ids": [event.id for event in erased.events]})
    connection.execute(_DELETE_NOTICES, {"ids": erased.notification_ids})
    connection.execute(_REWRITE_EVENT, [{"of": event.id, "data": event.data} for event in erased.events])
    connection.execute(_REWRITE_WEBHOOK, [{"of": event.id, "body": event_bytes(event)} for event in erased.events])
