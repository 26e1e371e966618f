"""The inbox of one transaction: a row that is there already is a row that does not come back."""

from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.errors import translated

# On PostgreSQL, who notes what another transaction has noted waits for that to end: the primary key sees to it.
_NOTE = {
    "postgresql": postgresql.insert(tables.inbox).on_conflict_do_nothing().returning(tables.inbox.c.message_id),
    "sqlite": sqlite.insert(tables.inbox).on_conflict_do_nothing().returning(tables.inbox.c.message_id),
}


class Inbox:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, message_id: str, *, scope: str, at: datetime) -> bool:
        row = {"scope": scope, "message_id": message_id, "at": at}
        with translated():
            return self._connection.scalar(_NOTE[self._connection.dialect.name], row) is not None
