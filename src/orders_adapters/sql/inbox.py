"""Inbox of one transaction. ``INSERT ... ON CONFLICT DO NOTHING RETURNING`` returns no row for a duplicate message."""

from datetime import datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.engine.delete_batches import delete_batch, delete_older_than
from orders_adapters.sql.errors import translate_errors
from orders_domain.ports.inbox import Inbox, InboxCleanup

# On PostgreSQL, the insert waits for the end of another transaction that has inserted the same message.
_RECORD = {
    "postgresql": postgresql.insert(tables.inbox).on_conflict_do_nothing().returning(tables.inbox.c.message_id),
    "sqlite": sqlite.insert(tables.inbox).on_conflict_do_nothing().returning(tables.inbox.c.message_id),
}

_PRUNE = delete_older_than(tables.inbox, column=tables.inbox.c.at)


class SqlInbox(Inbox):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, message_id: str, *, scope: str, at: datetime) -> bool:
        row = {"scope": scope, "message_id": message_id, "at": at}
        with translate_errors():
            return self._connection.scalar(_RECORD[self._connection.dialect.name], row) is not None


class SqlInboxCleanup(InboxCleanup):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def prune(self, *, recorded_before: datetime, limit: int = 1_000) -> int:
        with translate_errors(), self._engine.begin() as connection:
            return delete_batch(connection, _PRUNE, before=recorded_before, limit=limit)
