"""SQLite engine: the settings for durability, concurrency and foreign keys."""

import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event

from orders_adapters.private_files import create_private

READ_ONLY = "orders_reading"
"""The execution option of connections for single read statements, which need no transaction."""

BUSY_SECONDS = 5


def create(address: URL, *, pool_size: int, **options: Any) -> Engine:
    if in_memory(address):
        # One connection, because every further one would open another, empty database.
        options |= {"pool_timeout": BUSY_SECONDS, "connect_args": {"check_same_thread": False}}
        pool_size = 1
    engine = create_engine(address, poolclass=QueuePool, pool_size=pool_size, **options)
    if not in_memory(address):
        event.listen(engine, "do_connect", _create_file)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def in_memory(address: URL) -> bool:
    return address.database in {None, "", ":memory:"}


def file_of(engine: Engine) -> Path:
    """Return the path of the database.

    Raises:
        ValueError: the database is in memory.
    """
    if in_memory(engine.url):
        raise ValueError("The database must be in a file, not in memory.")
    return Path(str(engine.url.database)).resolve()


def _create_file(dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
    """Create the database as a private file; SQLite gives the files -wal and -shm the mode of the database."""
    address = str(arguments[0])
    if options.get("uri") and "mode=" in address:  # read only, or in memory
        return
    with suppress(OSError):  # SQLite reports it
        create_private(Path(address.removeprefix("file:").partition("?")[0] if options.get("uri") else address))


def _prepare(connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _begin, not by the module
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys = ON")
    # Not NORMAL, because with it a power failure may lose the last commits, and so confirmed orders.
    connection.execute("PRAGMA synchronous = FULL")
    _enable_wal(connection)


def _enable_wal(connection: sqlite3.Connection) -> None:
    """Set WAL mode, in which readers and the writer do not block each other.

    Retries here, because SQLite's busy timeout does not apply to a change of the mode.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete":
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin(connection: Connection) -> None:
    """Acquire the write lock at once, because a transaction that reads first may fail to acquire it later."""
    if not connection.get_execution_options().get(READ_ONLY):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
