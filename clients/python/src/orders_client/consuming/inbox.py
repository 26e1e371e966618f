"""Inbox: the ids of handled events, in the database that has their effects."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any, Generic, Protocol, Self, TypeVar

from orders_client.events import Event

TABLES = (
    """CREATE TABLE IF NOT EXISTS orders_inbox (
        consumer VARCHAR(100), event_id VARCHAR(36), PRIMARY KEY (consumer, event_id)
    )""",
    "CREATE TABLE IF NOT EXISTS orders_position (consumer VARCHAR(100) PRIMARY KEY, position TEXT NOT NULL)",
)
_EXIST_SQLITE = "SELECT count(*) = 2 FROM sqlite_master WHERE name IN ('orders_inbox', 'orders_position')"
_EXIST_POSTGRESQL = "SELECT to_regclass('orders_inbox') IS NOT NULL AND to_regclass('orders_position') IS NOT NULL"


class Connection(Protocol):
    """A connection of DB-API 2.0 to SQLite or PostgreSQL."""

    def cursor(self) -> Any: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...


T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
C = TypeVar("C", bound=Connection)

Handler = Callable[[Event, T], object]
"""Gets an event, and the connection whose transaction its effect must be in. It does not commit."""


class Inbox(Protocol[T_co]):
    """Stores which events were handled, in the transaction of their effects."""

    def position(self) -> str | None:
        """Return the position that was stored last, or None."""

    def handle(self, event: Event | None, handler: Handler[T_co], *, position: str | None) -> bool:
        """Call the handler unless the event was handled; store the event and the position with the effect.

        Return whether the handler was called. An error of the handler leaves nothing stored, and is raised.
        """


class SqlInbox(Generic[C]):
    """The inbox of a consumer in two tables of SQLite or PostgreSQL, which it creates if they are missing.

    `connect` returns a new connection to the database that has the effects, without autocommit. `consumer` is a name:
    two consumers handle an event once each, two processes of one consumer once in all. A context closes its connection.
    """

    def __init__(self, connect: Callable[[], C], *, consumer: str = "default") -> None:
        self._connect = connect
        self._consumer = consumer
        self._open: C | None = None
        with closing(connect()) as connection:
            is_sqlite = isinstance(connection, sqlite3.Connection)
            if getattr(connection, "autocommit", None) is True or (
                is_sqlite and getattr(connection, "isolation_level", "") is None
            ):
                raise ValueError("The connection must not commit by itself.")
            self._mark = "?" if is_sqlite else "%s"
            _create_tables(connection, _EXIST_SQLITE if is_sqlite else _EXIST_POSTGRESQL)

    def position(self) -> str | None:
        """Return the position that was stored last, or None."""
        with closing(self._connect()) as connection:
            row = self._execute(connection, "SELECT position FROM orders_position WHERE consumer = ?").fetchone()
        return str(row[0]) if row else None

    def handle(self, event: Event | None, handler: Handler[C], *, position: str | None) -> bool:
        """Call the handler unless the event was handled; store the event and the position with the effect."""
        connection = self._open = self._open or self._connect()
        try:
            is_new = event is not None and self._insert(connection, str(event.id))
            if event is not None and is_new:
                handler(event, connection)
            if position is not None:
                self._move(connection, position)
            connection.commit()
        except BaseException:
            self._open = None  # a lost connection is replaced
            connection.close()  # which rolls back
            raise
        return is_new

    def close(self) -> None:
        """Close the connection."""
        if self._open:
            self._open.close()
            self._open = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _insert(self, connection: C, event_id: str) -> bool:
        """Store the event, and return whether it was not stored; another transaction that stores it is waited for."""
        insert = "INSERT INTO orders_inbox (consumer, event_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
        return bool(self._execute(connection, insert, event_id).rowcount)

    def _move(self, connection: C, position: str) -> None:
        insert = "INSERT INTO orders_position (consumer, position) VALUES (?, ?) "
        update = "ON CONFLICT (consumer) DO UPDATE SET position = excluded.position"
        self._execute(connection, insert + update, position)

    def _execute(self, connection: C, statement: str, *values: str) -> Any:
        cursor = connection.cursor()
        cursor.execute(statement.replace("?", self._mark), (self._consumer, *values))
        return cursor


def _create_tables(connection: Connection, exist: str) -> None:
    """Create the tables unless they exist. A role that may not create tables can use those that do."""
    if not _is_true(connection, exist):
        try:
            for table in TABLES:
                connection.cursor().execute(table)
            connection.commit()
        except Exception:
            connection.rollback()
            if not _is_true(connection, exist):  # otherwise another process has created them at the same time
                raise


def _is_true(connection: Connection, statement: str) -> bool:
    cursor = connection.cursor()
    cursor.execute(statement)
    (value,) = cursor.fetchone()
    connection.rollback()
    return bool(value)
