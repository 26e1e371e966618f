"""The inbox of one transaction: a row that is there already is a row that does not come back."""

from datetime import datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.delete_batches import pruning
from orders_adapters.sql.errors import translate_errors

# On PostgreSQL, who notes what another transaction has noted waits for that to end: the primary key sees to it.
_NOTE = {
    "postgresql": postgresql.insert(tables.inbox).on_conflict_do_nothing().returning(tables.inbox.c.message_id),
    "sqlite": sqlite.insert(tables.inbox).on_conflict_do_nothing().returning(tables.inbox.c.message_id),
}

_PRUNE = pruning(tables.inbox, moment=tables.inbox.c.at)


class Inbox:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, message_id: str, *, scope: str, at: datetime) -> bool:
        row = {"scope": scope, "message_id": message_id, "at": at}
        with translate_errors():
            return self._connection.scalar(_NOTE[self._connection.dialect.name], row) is not None


class NotedMessages:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def prune(self, *, noted_before: datetime, limit: int = 1_000) -> int:
        with translate_errors(), self._engine.begin() as connection:
            return connection.execute(_PRUNE, {"before": noted_before, "most": limit}).rowcount
