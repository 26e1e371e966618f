"""Engines: the connections to a database, made when they are first needed and given back whole."""

import json
from typing import Any

import sqlalchemy
from sqlalchemy import URL, QueuePool, make_url, select
from sqlalchemy import Engine as Engine

from orders_adapters.sql.engine import pool_checks, postgresql, sqlite
from orders_adapters.sql.errors import translate_errors
from orders_domain.errors import StoreUnavailable

POOL_SECONDS = 2
STATEMENT_SECONDS = 5


def create(url: str, *, pool_size: int = 10, statement_seconds: int = STATEMENT_SECONDS) -> Engine:
    """Return the engine of a database; nothing is connected yet, so it may be made before a fork.

    Args:
        url: ``postgresql://`` (or ``postgres://``) and what libpq knows behind ``?``; ``sqlite:///file.db``, or
            ``sqlite://`` in memory.
        pool_size: the most connections at once. Who waits 2 s for one hears StoreUnavailable.
        statement_seconds: how long a statement may take; 0 is for ever, for migrations.

    Raises:
        ValueError: the address cannot be read, or is of another database.
    """
    address = _address(url)
    options: dict[str, Any] = {
        "json_serializer": json_text,
        "json_deserializer": json.loads,
        "pool_timeout": POOL_SECONDS,
        "max_overflow": 0,
        "hide_parameters": True,  # what people ordered does not belong into a log
    }
    if address.get_backend_name() == "sqlite":
        return pool_checks.install(sqlite.create(address, pool_size=pool_size, **options))
    engine = postgresql.create(address, pool_size=pool_size, statement_seconds=statement_seconds, **options)
    return pool_checks.install(engine)


def autocommit(engine: Engine) -> Engine:
    """Return the engine for single statements that read: no BEGIN and no COMMIT, so one round trip each."""
    if is_sqlite(engine):
        return engine.execution_options(**{sqlite.READ_ONLY: True})
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def ping(engine: Engine) -> None:
    """Return if the database answers.

    Raises:
        StoreUnavailable: it does not.
    """
    with translate_errors(), autocommit(engine).connect() as connection:
        if connection.scalar(select(1)) != 1:
            raise StoreUnavailable("The store answers nonsense.")


def connections_in_use(engine: Engine) -> int:
    """How many of this process's connections somebody holds."""
    return engine.pool.checkedout() if isinstance(engine.pool, QueuePool) else 0


def is_sqlite(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"


def json_text(value: object) -> str:
    """Return JSON that reads as the very same value; numbers that are not finite are refused."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=dict)


def _address(url: str) -> URL:
    scheme, colon, rest = url.partition("://")
    if scheme in {"postgres", "postgresql"}:
        scheme = "postgresql+psycopg"
    try:
        address = make_url(scheme + colon + rest)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        # Neither the address nor SQLAlchemy's error is repeated: the password is in it.
        raise ValueError("The database's address cannot be read.") from None
    if address.drivername not in {"postgresql+psycopg", "sqlite", "sqlite+pysqlite"}:
        raise ValueError(f"The database is PostgreSQL or SQLite, not {address.drivername}.")
    return address
