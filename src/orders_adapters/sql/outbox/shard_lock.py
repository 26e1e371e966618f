"""Locks of shards by a relay. They are released with the connection or the file of a relay that dies."""

import fcntl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Pool, func, literal, select

from orders_adapters.private_files import create_private
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.engine import sqlite
from orders_adapters.sql.engine.postgresql import SCHEMA_KEY
from orders_adapters.sql.outbox.queries import REQUESTED_SHARDS
from orders_domain.errors import StoreUnavailable

LOCKS = 0x6F726472
"""The first key of the advisory locks on PostgreSQL: the letters "ordr"."""
PUBLISH_TIMEOUT = 60
"""Seconds that a claim may wait for the broker. The database ends an idle transaction after that, and its lock."""

_shard = REQUESTED_SHARDS.c.shard
_ACQUIRE = select(
    _shard,
    func.pg_try_advisory_xact_lock(literal(LOCKS).bitwise_xor(SCHEMA_KEY), _shard).label("acquired"),
    # Longer than for other transactions (postgresql.IDLE_SECONDS), because this one is idle until the broker confirms.
    func.set_config("idle_in_transaction_session_timeout", f"{PUBLISH_TIMEOUT}s", True),
)
_in_memory: WeakKeyDictionary[Pool, threading.Lock] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class ShardLock:
    """The locked shards, and connections to read and write them while the lock is held."""

    shards: Sequence[int]
    read_connection: Callable[[], AbstractContextManager[Connection]]
    write_connection: Callable[[], AbstractContextManager[Connection]]


@contextmanager
def acquire_shards(engine: Engine, shards: Sequence[int]) -> Iterator[ShardLock | None]:
    """Yield the lock of those shards that no other relay holds, or None if others hold them all."""
    acquire = _acquire_on_sqlite if engines.is_sqlite(engine) else _acquire_on_postgresql
    with acquire(engine, shards) as lock:
        yield lock


@contextmanager
def _acquire_on_postgresql(engine: Engine, shards: Sequence[int]) -> Iterator[ShardLock | None]:
    """Use one transaction from the claim to the update of states, so that a relay that loses the lock cannot update."""
    with engine.connect() as connection:
        rows = connection.execute(_ACQUIRE, {"shards": list(shards)}).all()
        if acquired := [row.shard for row in rows if row.acquired]:
            yield ShardLock(
                acquired,
                read_connection=lambda: nullcontext(connection),
                write_connection=lambda: _until_commit(connection),
            )
            return
    yield None


@contextmanager
def _until_commit(connection: Connection) -> Iterator[Connection]:
    yield connection
    connection.commit()


@contextmanager
def _acquire_on_sqlite(engine: Engine, shards: Sequence[int]) -> Iterator[ShardLock | None]:
    """Lock all shards outside the database, because a lock inside would block writers until the broker confirms."""
    with _memory_lock(engine) if sqlite.in_memory(engine.url) else _file_lock(sqlite.file_of(engine)) as acquired:
        yield (
            ShardLock(shards, read_connection=engines.autocommit(engine).connect, write_connection=engine.begin)
            if acquired
            else None
        )


@contextmanager
def _memory_lock(engine: Engine) -> Iterator[bool]:
    lock = _in_memory.setdefault(engine.pool, threading.Lock())
    acquired = lock.acquire(blocking=False)
    try:
        yield acquired
    finally:
        if acquired:
            lock.release()


@contextmanager
def _file_lock(database: Path) -> Iterator[bool]:
    try:
        path = database.with_name(database.name + ".relay")
        create_private(path)
        file = path.open("ab")
    except OSError as error:
        raise StoreUnavailable("The directory of the store must be writable.") from error
    # The lock belongs to this open file, so it excludes other threads as well as other processes.
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
