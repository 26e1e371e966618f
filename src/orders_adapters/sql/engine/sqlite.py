"""Connections to SQLite: the settings without which it would lose, block or ignore."""

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event

READ_ONLY = "orders_reading"
"""The execution option of connections that read single statements, and need no transaction."""

BUSY_SECONDS = 5


def create(address: URL, *, pool_size: int, **options: Any) -> Engine:
    if in_memory(address):
        # One connection that everybody waits for: each further one would be another, empty database.
        options |= {"pool_timeout": BUSY_SECONDS, "connect_args": {"check_same_thread": False}}
        pool_size = 1
    engine = create_engine(address, poolclass=QueuePool, pool_size=pool_size, **options)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def in_memory(address: URL) -> bool:
    return address.database in {None, "", ":memory:"}


def file_of(engine: Engine) -> Path:
    """The database's file.

    Raises:
        ValueError: it is in memory.
    """
    if in_memory(engine.url):
        raise ValueError("The database is in memory.")
    return Path(str(engine.url.database)).resolve()


def _prepare(connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None  # the module itself begins nothing: see _begin
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys = ON")
    # With NORMAL a power cut may take back what was committed last, and an order that was confirmed would be gone.
    connection.execute("PRAGMA synchronous = FULL")
    _write_ahead(connection)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Readers and the writer do not block each other. SQLite does not wait for its turn to change this: we do."""
    give_up_at = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete":
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.01)


def _begin(connection: Connection) -> None:
    """Take the write lock first: a transaction that reads, then writes, could find that it is too late."""
    if not connection.get_execution_options().get(READ_ONLY):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
