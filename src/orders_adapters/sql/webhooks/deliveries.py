"""Webhook delivery queue. Rows are leased by their due time and locked without waiting, so that many processes run."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    and_,
    any_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.engine.delete_batches import delete_batch, delete_older_than
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.mappers import Values
from orders_adapters.sql.tables.column_types import UtcDateTime, is_valid_id
from orders_domain.model.values.timestamps import parse_timestamp
from orders_domain.model.webhooks.delivery import (
    DeliveryAttempt,
    DeliveryNotFound,
    DeliveryPage,
    DeliveryState,
    WebhookDelivery,
    WebhookMessage,
)
from orders_domain.model.webhooks.endpoint import EndpointState, WebhookNotFound
from orders_domain.ports.webhooks.deliveries import DeliveryBacklog, NewDelivery, QueuePosition, WebhookQueue

MAX_COUNTED = 10_000

_endpoints = tables.webhook_endpoints.c
_messages = tables.webhook_messages.c
_deliveries = tables.webhook_deliveries.c
_position = tables.webhook_positions.c
_earlier = tables.webhook_deliveries.alias()
_now = bindparam("now", type_=UtcDateTime)
_ENDPOINT = bindparam("endpoint", type_=_endpoints.id.type)
_ENABLED = _endpoints.state == EndpointState.ENABLED
_DUE = and_(tables.WAITING_DELIVERIES, _deliveries.due_at <= _now)

_POSITION = select(tables.webhook_positions)
_MOVE = (
    update(tables.webhook_positions)
    .where(
        _position.cursor == bindparam("former"),
        _position.read_at == bindparam("former_read_at", type_=UtcDateTime),  # which an erasure changes
    )
    .values({name: bindparam(name) for name in ("cursor", "read_at", "since")})
)
_LOCK_ENDPOINTS = (
    select(_endpoints.id)
    .where(_endpoints.id.in_(bindparam("ids", expanding=True, type_=_endpoints.id.type)))
    .with_for_update(read=True, key_share=True)
)
_INSERTS: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_ADD_POSITION, _ADD_MESSAGES, _ADD_DELIVERIES = (
    {dialect: new(table).on_conflict_do_nothing() for dialect, new in _INSERTS.items()}
    for table in (tables.webhook_positions, tables.webhook_messages, tables.webhook_deliveries)
)
_FIRST_POSITION = {dialect: statement.returning(_position.id) for dialect, statement in _ADD_POSITION.items()}
_DUE_ENDPOINTS = select(_endpoints.id).where(_ENABLED, exists().where(_deliveries.endpoint_id == _endpoints.id, _DUE))
_PRECEDED = exists().where(
    _earlier.c.state == DeliveryState.WAITING,
    _earlier.c.endpoint_id == _deliveries.endpoint_id,
    _earlier.c.order_id == _deliveries.order_id,
    _earlier.c.version < _deliveries.version,
)
_NEXT = (
    select(_deliveries.id)
    .join(tables.webhook_endpoints, _endpoints.id == _deliveries.endpoint_id)
    .where(_deliveries.endpoint_id == _ENDPOINT, _ENABLED, _DUE, or_(~_endpoints.ordered, ~_PRECEDED))
    .order_by(_deliveries.due_at, _deliveries.id)
    .limit(bindparam("limit"))
)
_LEASE = update(tables.webhook_deliveries).values(due_at=bindparam("until", type_=UtcDateTime))
# An array on PostgreSQL, because a subquery of IN may be run more than once, and would lock further rows.
_CLAIM = {
    "postgresql": _LEASE.where(
        _deliveries.id
        == any_(func.array(_NEXT.with_for_update(of=tables.webhook_deliveries, skip_locked=True).scalar_subquery()))
    ).returning(_deliveries.id),
    "sqlite": _LEASE.where(_deliveries.id.in_(_NEXT)).returning(_deliveries.id),
}
_WITH_MESSAGE = select(tables.webhook_deliveries, _messages.type, _messages.body).join(
    tables.webhook_messages, _messages.id == _deliveries.message_id
)
_BY_IDS = _WITH_MESSAGE.where(_deliveries.id.in_(bindparam("ids", expanding=True))).order_by(_deliveries.id)
_RECORD = (
    update(tables.webhook_deliveries)
    .where(
        _deliveries.id == bindparam("of_id"),
        tables.WAITING_DELIVERIES,
        _deliveries.due_at == bindparam("lease", type_=UtcDateTime),
    )
    .values({name: bindparam(name) for name in ("state", "due_at", "tries", "attempts")})
)
_REQUEUE = (
    update(tables.webhook_deliveries)
    .where(
        _deliveries.endpoint_id == _ENDPOINT,
        _deliveries.id.in_(bindparam("ids", expanding=True)),
        _deliveries.state != DeliveryState.WAITING,
    )
    .values(state=DeliveryState.WAITING, due_at=_now, tries=0)
)
_COUNTED = (
    select(case((or_(~_endpoints.ordered, ~_PRECEDED), _deliveries.due_at)).label("due_at"))
    .join(tables.webhook_endpoints, _endpoints.id == _deliveries.endpoint_id)
    .where(tables.WAITING_DELIVERIES, _ENABLED)
    .order_by(_deliveries.id)
    .limit(MAX_COUNTED)
    .subquery()
)
_BACKLOG = select(func.count(), func.min(_COUNTED.c.due_at)).select_from(_COUNTED)
_NOT_NEEDED = or_(
    ~tables.WAITING_DELIVERIES,
    _deliveries.endpoint_id.in_(select(_endpoints.id).where(~_ENABLED).scalar_subquery()),
)
_PRUNE = delete_older_than(tables.webhook_deliveries, column=_deliveries.created_at, where=_NOT_NEEDED)
_PRUNE_MESSAGES = delete_older_than(
    tables.webhook_messages,
    column=_messages.created_at,
    where=~exists().where(_deliveries.message_id == _messages.id),
)


class SqlWebhookQueue(WebhookQueue):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._autocommit = engines.autocommit(engine)

    def position(self) -> QueuePosition | None:
        with translate_errors(), self._autocommit.connect() as connection:
            row = connection.execute(_POSITION).one_or_none()
        return None if row is None else QueuePosition(cursor=row.cursor, read_at=row.read_at, since=row.since)

    def add_from_feed(
        self,
        deliveries: Sequence[NewDelivery],
        *,
        previous: QueuePosition | None,
        position: QueuePosition,
        now: datetime,
    ) -> bool:
        values = {"cursor": position.cursor, "read_at": position.read_at, "since": position.since}
        with translate_errors(), self._engine.begin() as connection:
            if previous is None:
                statement = _FIRST_POSITION[connection.dialect.name]
                is_moved = connection.scalar(statement, {"id": 1, **values}) is not None
            else:
                is_moved = (
                    connection.execute(
                        _MOVE, {"former": previous.cursor, "former_read_at": previous.read_at, **values}
                    ).rowcount
                    > 0
                )
            if not is_moved:
                return False
            _insert(connection, deliveries, now=now, due_at=now)
        return True

    def add(self, delivery: NewDelivery, *, now: datetime, due_at: datetime) -> WebhookDelivery:
        with translate_errors(), self._engine.begin() as connection:
            if not _insert(connection, [delivery], now=now, due_at=due_at):
                raise WebhookNotFound
            statement = _WITH_MESSAGE.where(
                _deliveries.endpoint_id == delivery.endpoint_id, _deliveries.message_id == delivery.message.id
            )
            return _to_delivery(connection.execute(statement).one())

    def due_endpoints(self, *, now: datetime) -> Sequence[UUID]:
        with translate_errors(), self._autocommit.connect() as connection:
            return connection.scalars(_DUE_ENDPOINTS, {"now": now}).all()

    def claim(self, endpoint_id: UUID, *, now: datetime, until: datetime, limit: int) -> Sequence[WebhookDelivery]:
        values = {"endpoint": endpoint_id, "now": now, "until": until, "limit": limit}
        with translate_errors(), self._engine.begin() as connection:
            ids = connection.scalars(_CLAIM[connection.dialect.name], values).all()
            return list(map(_to_delivery, connection.execute(_BY_IDS, {"ids": ids}))) if ids else []

    def record(self, delivery: WebhookDelivery, *, lease: datetime) -> bool:
        values = {
            "of_id": delivery.id,
            "lease": lease,
            "state": delivery.state,
            "due_at": delivery.due_at,
            "tries": delivery.tries,
            "attempts": [_attempt_values(attempt) for attempt in delivery.attempts],
        }
        with translate_errors(), self._engine.begin() as connection:
            return connection.execute(_RECORD, values).rowcount > 0

    def get(self, endpoint_id: UUID, delivery_id: int) -> WebhookDelivery:
        if not is_valid_id(delivery_id):
            raise DeliveryNotFound
        statement = _WITH_MESSAGE.where(_deliveries.endpoint_id == endpoint_id, _deliveries.id == delivery_id)
        with translate_errors(), self._autocommit.connect() as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            raise DeliveryNotFound
        return _to_delivery(row)

    def search(
        self, endpoint_id: UUID, *, state: DeliveryState | None = None, limit: int = 50, before: int | None = None
    ) -> DeliveryPage:
        statement = _WITH_MESSAGE.where(_deliveries.endpoint_id == endpoint_id)
        if state is not None:
            statement = statement.where(_deliveries.state == state)
        if before is not None:
            statement = statement.where(_deliveries.id < min(before, 2**63 - 1))
        statement = statement.order_by(_deliveries.id.desc()).limit(limit + 1)
        with translate_errors(), self._autocommit.connect() as connection:
            return DeliveryPage.from_rows(list(map(_to_delivery, connection.execute(statement))), limit)

    def requeue(self, endpoint_id: UUID, delivery_ids: Sequence[int], *, now: datetime) -> int:
        values = {"endpoint": endpoint_id, "ids": list(delivery_ids), "now": now}
        with translate_errors(), self._engine.begin() as connection:
            return connection.execute(_REQUEUE, values).rowcount

    def backlog(self) -> DeliveryBacklog:
        with translate_errors(), self._autocommit.connect() as connection:
            waiting, oldest = connection.execute(_BACKLOG).one()
        return DeliveryBacklog(waiting=waiting, oldest_due=oldest)

    def prune(self, *, created_before: datetime, limit: int = 1_000) -> int:
        with translate_errors(), self._engine.begin() as connection:
            count = delete_batch(connection, _PRUNE, before=created_before, limit=limit)
            delete_batch(connection, _PRUNE_MESSAGES, before=created_before, limit=limit)
        return count


def _insert(connection: Connection, deliveries: Sequence[NewDelivery], *, now: datetime, due_at: datetime) -> int:
    """Insert the deliveries whose endpoints exist, and their messages; return the number of these deliveries."""
    ids = list({delivery.endpoint_id for delivery in deliveries})
    present = set(connection.scalars(_LOCK_ENDPOINTS, {"ids": ids})) if ids else set()
    wanted = [delivery for delivery in deliveries if delivery.endpoint_id in present]
    if wanted:
        messages = {delivery.message.id: delivery.message for delivery in wanted}.values()
        dialect = connection.dialect.name
        connection.execute(_ADD_MESSAGES[dialect], [_message_values(message, now=now) for message in messages])
        rows = [_delivery_values(delivery, now=now, due_at=due_at) for delivery in wanted]
        connection.execute(_ADD_DELIVERIES[dialect], rows)
    return len(wanted)


def _message_values(message: WebhookMessage, *, now: datetime) -> Values:
    return {
        "id": message.id,
        "type": message.type,
        "order_id": message.order_id,
        "version": message.version,
        "body": message.body,
        "created_at": now,
    }


def _delivery_values(delivery: NewDelivery, *, now: datetime, due_at: datetime) -> Values:
    return {
        "endpoint_id": delivery.endpoint_id,
        "message_id": delivery.message.id,
        "order_id": delivery.message.order_id,
        "version": delivery.message.version,
        "state": DeliveryState.WAITING,
        "created_at": now,
        "due_at": due_at,
        "tries": 0,
        "attempts": [],
    }


def _attempt_values(attempt: DeliveryAttempt) -> Values:
    return {
        "at": attempt.at.isoformat(),
        "status": attempt.status,
        "error": attempt.error,
        "milliseconds": attempt.milliseconds,
    }


def _to_delivery(row: Row[Any]) -> WebhookDelivery:
    return WebhookDelivery(
        id=row.id,
        endpoint_id=row.endpoint_id,
        message=WebhookMessage(
            id=row.message_id, type=row.type, order_id=row.order_id, version=row.version, body=row.body
        ),
        state=row.state,
        created_at=row.created_at,
        due_at=row.due_at,
        tries=row.tries,
        attempts=tuple(
            DeliveryAttempt(**{**attempt, "at": parse_timestamp(attempt["at"])}) for attempt in row.attempts
        ),
    )
