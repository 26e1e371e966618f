"""Notification queue. Rows are selected by state, and locked without waiting, so that any number of processes run."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.engine.delete_batches import delete_batch, delete_older_than
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.mappers import Values, to_contact, to_message
from orders_adapters.sql.tables.column_types import UtcDateTime
from orders_domain.model.notification import Channel, Notification, NotificationState, NotifiedOrder
from orders_domain.ports.notification_queue import NotificationQueue, NotificationsFor, QueuedNotification

_outbox = tables.outbox.c
_notifications = tables.notifications.c
_order = (
    tables.orders.c.number.label("order_number"),
    tables.orders.c.user_id.label("order_user_id"),
    tables.orders.c.contact.label("order_contact"),
)
_now = bindparam("now", type_=UtcDateTime)

_ANY_EVENT = select(_outbox.id).where(tables.NOTIFIES).limit(1)
_EVENTS = (
    select(tables.outbox, *_order)
    .outerjoin(tables.orders, tables.orders.c.id == _outbox.order_id)
    .where(tables.NOTIFIES)
    .order_by(_outbox.id)
    .limit(bindparam("limit"))
    .with_for_update(of=tables.outbox, skip_locked=True)
)
_CONSIDERED = update(tables.outbox).where(_outbox.id.in_(bindparam("ids", expanding=True))).values(notifies=False)
_ADD: Mapping[str, Any] = {
    "postgresql": postgresql.insert(tables.notifications).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(tables.notifications).on_conflict_do_nothing(),
}
_NEXT = (
    select(_notifications.id)
    .where(
        tables.WAITING_NOTIFICATIONS,
        _notifications.channel == bindparam("of_channel", type_=_notifications.channel.type),
        _notifications.due_at <= _now,
    )
    .order_by(_notifications.due_at, _notifications.id)
    .limit(1)
)
_CLAIM = (
    update(tables.notifications)
    .where(_notifications.id == _NEXT.with_for_update(skip_locked=True).scalar_subquery())
    .values(due_at=bindparam("until", type_=UtcDateTime))
    .returning(_notifications.id)
)
_WITH_ORDER = select(tables.notifications, *_order).outerjoin(
    tables.orders, tables.orders.c.id == _notifications.order_id
)
_BY_ID = _WITH_ORDER.where(_notifications.id == bindparam("of_id", type_=_notifications.id.type))
_RECORD = (
    update(tables.notifications)
    .where(_notifications.id == bindparam("of_id"), tables.WAITING_NOTIFICATIONS)
    .values({name: bindparam(name) for name in ("state", "due_at", "attempts", "last_error")})
)
_REQUEUE = (
    update(tables.notifications)
    .where(
        _notifications.id.in_(bindparam("ids", expanding=True, type_=_notifications.id.type)),
        _notifications.state.in_((NotificationState.FAILED, NotificationState.UNADDRESSED)),
    )
    .values(state=NotificationState.WAITING, due_at=_now, attempts=0)
)
_PRUNE = delete_older_than(tables.notifications, column=_notifications.occurred_at, where=tables.FINISHED_NOTIFICATIONS)


class SqlNotificationQueue(NotificationQueue):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._autocommit = engines.autocommit(engine)

    def add_from_events(self, notifications_for: NotificationsFor, *, now: datetime, limit: int = 100) -> int:
        if not self._has(_ANY_EVENT):
            return 0
        with translate_errors(), self._engine.begin() as connection:
            rows = connection.execute(_EVENTS, {"limit": limit}).all()
            new = [
                _values(notification, due_at=min(now, notification.occurred_at))
                for row in rows
                for notification in notifications_for(to_message(row).event, _to_order(row))
            ]
            if new:
                connection.execute(_ADD[connection.dialect.name], new)
            if rows:
                connection.execute(_CONSIDERED, {"ids": [row.id for row in rows]})
        return len(rows)

    def add(self, notifications: Sequence[Notification], *, now: datetime) -> None:
        if notifications:
            with translate_errors(), self._engine.begin() as connection:
                values = [_values(notification, due_at=now) for notification in notifications]
                connection.execute(_ADD[connection.dialect.name], values)

    def claim(self, channel: Channel, *, now: datetime, until: datetime) -> QueuedNotification | None:
        due = {"of_channel": channel, "now": now}
        if not self._has(_NEXT, due):  # because an update that finds nothing would lock SQLite's file
            return None
        with translate_errors(), self._autocommit.connect() as connection:
            claimed = connection.scalar(_CLAIM, due | {"until": until})
            return None if claimed is None else self._get(connection, claimed)

    def record(
        self,
        notification_id: UUID,
        *,
        state: NotificationState,
        due_at: datetime,
        attempts: int,
        last_error: str | None = None,
    ) -> None:
        values = {"state": state, "due_at": due_at, "attempts": attempts, "last_error": last_error}
        with translate_errors(), self._engine.begin() as connection:
            connection.execute(_RECORD, {"of_id": notification_id} | values)

    def select(self, *, states: frozenset[NotificationState], limit: int = 100) -> Sequence[QueuedNotification]:
        statement = _WITH_ORDER.where(_notifications.state.in_(states))
        statement = statement.order_by(_notifications.occurred_at, _notifications.id).limit(limit)
        with translate_errors(), self._autocommit.connect() as connection:
            return list(map(_to_queued, connection.execute(statement)))

    def requeue(self, notification_ids: Sequence[UUID], *, now: datetime) -> int:
        with translate_errors(), self._engine.begin() as connection:
            return connection.execute(_REQUEUE, {"ids": list(notification_ids), "now": now}).rowcount

    def prune(self, *, occurred_before: datetime, limit: int = 1_000) -> int:
        with translate_errors(), self._engine.begin() as connection:
            return delete_batch(connection, _PRUNE, before=occurred_before, limit=limit)

    def _has(self, statement: Any, values: Values | None = None) -> bool:
        with translate_errors(), self._autocommit.connect() as connection:
            return connection.scalar(statement, values or {}) is not None

    def _get(self, connection: Connection, notification_id: UUID) -> QueuedNotification:
        return _to_queued(connection.execute(_BY_ID, {"of_id": notification_id}).one())


def _values(notification: Notification, *, due_at: datetime) -> Values:
    return {
        "id": notification.id,
        "kind": notification.kind,
        "channel": notification.channel,
        "data": notification.data,
        "occurred_at": notification.occurred_at,
        "order_id": notification.order_id,
        "address": notification.address,
        "language": notification.language,
        "state": NotificationState.WAITING,
        "attempts": 0,
        "due_at": due_at,
        "last_error": None,
    }


def _to_order(row: Row[Any]) -> NotifiedOrder | None:
    if row.order_number is None:
        return None
    return NotifiedOrder(number=row.order_number, user_id=row.order_user_id, contact=to_contact(row.order_contact))


def _to_queued(row: Row[Any]) -> QueuedNotification:
    notification = Notification(
        id=row.id,
        kind=row.kind,
        channel=row.channel,
        data=row.data,
        occurred_at=row.occurred_at,
        order_id=row.order_id,
        address=row.address,
        language=row.language,
    )
    return QueuedNotification(
        notification=notification,
        state=row.state,
        attempts=row.attempts,
        due_at=row.due_at,
        last_error=row.last_error,
        order=_to_order(row),
    )
