"""Listener of PostgreSQL's NOTIFY."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Engine

from orders_adapters.sql.engine import postgresql

if TYPE_CHECKING:
    import psycopg

_CHANNEL = """
    SELECT CASE current_schema() WHEN 'public' THEN 'orders_outbox'
    ELSE 'orders_outbox_' || hashtext(current_schema()::text) END
"""
"""A trigger notifies this channel when events are inserted into the outbox of the schema (see migration 0019).

The name is hashed, because a channel has at most 63 bytes.
"""


def listener_for(engine: Engine) -> NotifyListener | None:
    """Return a listener, or None if the database has no NOTIFY."""
    return NotifyListener(engine) if engine.dialect.name == "postgresql" else None


class NotifyListener:
    """A connection that listens. If it is lost, the next wait opens a new one.

    There is none behind a connection pooler, because the session of a LISTEN would be another one's afterwards. Relays
    poll there.
    """

    def __init__(self, engine: Engine) -> None:
        import psycopg  # here, because installations with SQLite have no psycopg
        from psycopg import sql

        self._driver, self._sql = psycopg, sql
        self._engine = engine
        self._connection: psycopg.Connection | None = None
        self._pooled = False

    def connect(self) -> bool:
        """Connect and listen, if not connected. Return True if the connection is new."""
        if self._connection is not None or self._pooled:
            return False
        connection = None
        try:
            connection = postgresql.connect(self._engine)
            if connection.pooled:
                self._pooled = True
                connection.close()
                return False
            connection.autocommit = True
            channel = connection.execute(_CHANNEL).fetchone()
            connection.execute(self._sql.SQL("LISTEN {}").format(self._sql.Identifier(*channel or ())))
        except self._driver.Error:
            if connection is not None:
                connection.close()
            return False
        self._connection = connection
        return True

    def filenos(self) -> list[int]:
        return [] if self._connection is None else [self._connection.fileno()]

    def drain(self) -> None:
        """Discard the received notifications. A failed connection is closed."""
        if self._connection is None:
            return
        try:
            for _ in self._connection.notifies(timeout=0):
                pass
        except self._driver.Error:
            self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
