"""Transactions of a unit of work: one of its own, or a savepoint inside the transaction of its host."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from orders_adapters.sql.engine.postgresql import quote_schema
from orders_adapters.sql.errors import translate_errors

if TYPE_CHECKING:
    from sqlalchemy.orm import Session  # not imported otherwise, because the ORM is needed by hosts that use it only

_SEARCH_PATH = text("SELECT current_setting('search_path')")
_SET_SEARCH_PATH = text("SELECT set_config('search_path', :search_path, true)")


class Transaction(Protocol):
    """An open transaction. ``close`` rolls back what was not committed, and never raises."""

    connection: Connection

    def commit(self) -> None: ...

    def close(self) -> None: ...


class OwnTransaction:
    """Transaction on a connection of the engine's pool."""

    def __init__(self, engine: Engine) -> None:
        self.connection = engine.connect()
        try:
            self.connection.begin()
        except BaseException:
            self.close()
            raise

    def commit(self) -> None:
        self.connection.commit()

    def close(self) -> None:
        """Roll back what was not committed, and release the connection. If that fails, discard the connection."""
        try:
            self.connection.close()
        except SQLAlchemyError:
            # The error is suppressed, because the server rolls back the transaction of a lost connection.
            with suppress(SQLAlchemyError):
                self.connection.invalidate()
            with suppress(SQLAlchemyError):
                self.connection.close()


class HostTransaction:
    """Savepoint in the host's transaction: it is released by ``commit``, and only the host commits or rolls back.

    If the host has no transaction yet, it begins here. An error rolls back to the savepoint, so that the host can
    continue. Time-outs and the isolation level are the host's.

    Args:
        host: a connection or an ORM session. A session is flushed first.
        schema: the schema of the tables on PostgreSQL; empty if the host's search_path has it.

    Raises:
        RuntimeError: the connection is in autocommit mode, or is to SQLite without ``PRAGMA foreign_keys = ON``.
    """

    def __init__(self, host: Connection | Session, *, schema: str = "") -> None:
        if isinstance(host, Connection):
            self.connection = host
        else:
            host.flush()  # here, because an error of the host's own rows must reach the host unchanged
            self.connection = host.connection()
        _require_usable(self.connection)
        with translate_errors():
            _begin(self.connection)
            self._savepoint = host.begin_nested()
            if not isinstance(host, Connection):
                host.connection()  # a session sets its savepoint when the connection is used
        try:
            with translate_errors():
                self._search_path = self._enter(schema) if schema else None
        except BaseException:
            self.close()
            raise

    def commit(self) -> None:
        if self._search_path is not None:
            # Before the release, because the setting of a released savepoint lasts until the end of the transaction.
            self.connection.execute(_SET_SEARCH_PATH, {"search_path": self._search_path})
        self._savepoint.commit()

    def close(self) -> None:
        if self._savepoint.is_active:
            with suppress(SQLAlchemyError):
                self._savepoint.rollback()

    def _enter(self, schema: str) -> str:
        """Set the search_path, which applies to triggers as well, and return the host's."""
        previous = str(self.connection.scalar(_SEARCH_PATH))
        self.connection.execute(_SET_SEARCH_PATH, {"search_path": quote_schema(schema)})
        return previous


def _require_usable(connection: Connection) -> None:
    driver = _driver(connection)
    if getattr(driver, "autocommit", False) is True:
        raise RuntimeError("The host's connection must not be in autocommit mode, because it has no transaction.")
    if connection.dialect.name == "sqlite" and not _has_foreign_keys(connection):
        raise RuntimeError("The host's connection must have PRAGMA foreign_keys = ON.")


def _has_foreign_keys(connection: Connection) -> bool:
    # Asked of the driver, because a statement of SQLAlchemy would begin a transaction.
    return bool(_driver(connection).execute("PRAGMA foreign_keys").fetchone()[0])


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _begin(connection: Connection) -> None:
    """Begin the host's transaction on SQLite if nothing was written yet.

    Python's driver begins a transaction before the first INSERT, UPDATE or DELETE only. Without one, the release of
    the savepoint would commit the order before its host does.
    """
    if not connection.in_transaction():
        connection.begin()
    if connection.dialect.name == "sqlite" and not _driver(connection).in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
