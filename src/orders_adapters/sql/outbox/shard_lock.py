"""Whose turn it is to relay a shard. A relay that dies has no turn: its lock goes with its connection or its file."""

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Pool, bindparam, func, select

from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.engine import sqlite
from orders_domain.errors import StoreUnavailable

LOCKS = 0x6F726472
"""The space of our advisory locks on PostgreSQL: the letters "ordr"."""
PUBLISH_TIMEOUT = 60
"""How long a turn may wait for the broker; the database ends one that idles longer, and another relay goes on."""

_ACQUIRE = select(
    func.pg_try_advisory_xact_lock(LOCKS, bindparam("shard")),
    # The transaction idles while the broker confirms, so it gets longer than others (see postgresql.IDLE_SECONDS).
    func.set_config("idle_in_transaction_session_timeout", f"{PUBLISH_TIMEOUT}s", True),
)
_in_memory: WeakKeyDictionary[Pool, threading.Lock] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class ShardLock:
    """Connections to read and write the shard with, while the turn lasts."""

    read_connection: Callable[[], AbstractContextManager[Connection]]
    write_connection: Callable[[], AbstractContextManager[Connection]]


@contextmanager
def acquire_shard(engine: Engine, shard: int) -> Iterator[ShardLock | None]:
    """Give a turn, or None where another relay has it."""
    with _acquire_on_sqlite(engine) if engines.is_sqlite(engine) else _acquire_on_postgresql(engine, shard) as ours:
        yield ours


@contextmanager
def _acquire_on_postgresql(engine: Engine, shard: int) -> Iterator[ShardLock | None]:
    """One transaction from the claim to the marks: losing it is losing the lock, so no two can mark the same events."""
    with engine.connect() as connection:
        if connection.execute(_ACQUIRE, {"shard": shard}).scalar_one():
            yield ShardLock(
                read_connection=lambda: nullcontext(connection), write_connection=lambda: _until_commit(connection)
            )
            return
    yield None


@contextmanager
def _until_commit(connection: Connection) -> Iterator[Connection]:
    yield connection
    connection.commit()


@contextmanager
def _acquire_on_sqlite(engine: Engine) -> Iterator[ShardLock | None]:
    """A lock beside the database, for all shards: one inside it would hold up writers while the broker confirms."""
    with _memory_lock(engine) if sqlite.in_memory(engine.url) else _file_lock(sqlite.file_of(engine)) as ours:
        yield (
            ShardLock(read_connection=engines.autocommit(engine).connect, write_connection=engine.begin)
            if ours
            else None
        )


@contextmanager
def _memory_lock(engine: Engine) -> Iterator[bool]:
    lock = _in_memory.setdefault(engine.pool, threading.Lock())
    ours = lock.acquire(blocking=False)
    try:
        yield ours
    finally:
        if ours:
            lock.release()


@contextmanager
def _file_lock(database: Path) -> Iterator[bool]:
    try:
        file = database.with_name(database.name + ".relay").open("ab")
    except OSError as error:
        raise StoreUnavailable("The store's directory cannot be written to.") from error
    # The lock belongs to this opening of the file, so it keeps out other threads as well as other processes.
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
