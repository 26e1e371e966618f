"""A connection that listens to PostgreSQL's NOTIFY."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

if TYPE_CHECKING:
    import psycopg

CHANNEL = "orders_outbox"
"""Notified by a trigger when events come into the outbox (see ``migrations``)."""

_SECONDS = 6.0  # for a server to answer LISTEN: a frozen one must not stop the relay


def listener_for(engine: Engine) -> NotifyListener | None:
    """Return the ear of a relay; None for a database that does not speak."""
    return NotifyListener(engine) if engine.dialect.name == "postgresql" else None


class NotifyListener:
    """A connection that listens; when it is lost, a new one is tried at the next wait."""

    def __init__(self, engine: Engine) -> None:
        import psycopg  # late: whoever stays with SQLite has none

        from orders_adapters.sql.engine.connection_timeout import connect

        self._driver, self._open = psycopg, connect
        self._options: dict[str, Any] = dict(engine.dialect.create_connect_args(engine.url)[1])
        self._connection: psycopg.Connection | None = None

    def connect(self) -> bool:
        """Listen, if we do not; say whether we only began to."""
        if self._connection is not None:
            return False
        connection = None
        try:
            connection = self._open(seconds=_SECONDS, **self._options, autocommit=True)
            connection.execute(f"LISTEN {CHANNEL}")
        except self._driver.Error:
            if connection is not None:
                connection.close()
            return False
        self._connection = connection
        return True

    def filenos(self) -> list[int]:
        return [] if self._connection is None else [self._connection.fileno()]

    def drain(self) -> None:
        """Take what was said; a connection that fails is given up."""
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
