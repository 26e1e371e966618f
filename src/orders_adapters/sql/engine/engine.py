"""Database engines and their connection pools. Connections are opened when first needed."""

import json
from typing import Any

import orjson
from sqlalchemy import Engine as Engine  # noqa: PLC0414 - published for the modules that use it
from sqlalchemy import QueuePool, select

from orders_adapters.sql.engine import addresses, pool_checks, postgresql, sqlite
from orders_adapters.sql.errors import translate_errors
from orders_domain.errors import StoreUnavailable

POOL_SECONDS = 2
STATEMENT_SECONDS = 5
_SCHEMA = "orders_schema"


def create(url: str, *, pool_size: int = 10, statement_seconds: int = STATEMENT_SECONDS, schema: str = "") -> Engine:
    """Return the engine of a database. It does not connect, so it may be created before a fork.

    Args:
        url: ``postgresql://`` (or ``postgres://``) with options of libpq after ``?``; ``sqlite:///file.db``, or
            ``sqlite://`` in memory.
        pool_size: the maximum number of connections. Acquiring one raises StoreUnavailable after 2 s.
        statement_seconds: the timeout of a statement; 0 is no limit, for migrations.
        schema: the PostgreSQL schema of all tables; empty for the first one of the role's search_path.

    Raises:
        ValueError: the URL is invalid or of another database, or the schema is invalid or not on PostgreSQL.
    """
    address = addresses.parse(url)
    options: dict[str, Any] = {
        "json_serializer": json_text,
        "json_deserializer": json_value,
        "pool_timeout": POOL_SECONDS,
        "max_overflow": 0,
        "hide_parameters": True,  # so that contents of orders are not logged
    }
    if address.get_backend_name() == "sqlite":
        if schema:
            raise ValueError("A schema must be on PostgreSQL; SQLite has none.")
        return pool_checks.install(sqlite.create(address, pool_size=pool_size, **options))
    engine = postgresql.create(
        address,
        pool_size=pool_size,
        statement_seconds=statement_seconds,
        schema=schema,
        execution_options={_SCHEMA: schema},
        **options,
    )
    return pool_checks.install(engine)


def schema_of(engine: Engine) -> str:
    """Return the schema that ``create`` was given, or an empty string."""
    return str(engine.get_execution_options().get(_SCHEMA, ""))


def autocommit(engine: Engine) -> Engine:
    """Return the engine for single read statements, without BEGIN and COMMIT: one round trip per statement."""
    if is_sqlite(engine):
        return engine.execution_options(**{sqlite.READ_ONLY: True})
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def ping(engine: Engine) -> None:
    """Check that the database responds.

    Raises:
        StoreUnavailable: the database does not respond.
    """
    with translate_errors(), autocommit(engine).connect() as connection:
        if connection.scalar(select(1)) != 1:
            raise StoreUnavailable("The store returned an unexpected result.")


def connections_in_use(engine: Engine) -> int:
    """Return the number of this process's connections that are in use."""
    return engine.pool.checkedout() if isinstance(engine.pool, QueuePool) else 0


def is_sqlite(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"


def json_text(value: object) -> str:
    """Return JSON from which ``json_value`` returns the same value; an id (UUID) and a choice become their text.

    Raises:
        ValueError: a number is not finite.
        TypeError: a value is not of JSON.
    """
    try:
        text = orjson.dumps(value, default=dict, option=_OPTIONS)
    except TypeError:  # such as for a whole number beyond 64 bits
        return _encoder.encode(value)
    return _encoder.encode(value) if b"null" in text else text.decode()  # it may be a number that is not finite


def json_value(text: str | bytes) -> Any:
    """Return the value of JSON. Whole numbers are exact; orjson would return those beyond 64 bits as floats."""
    content = text.encode() if isinstance(text, str) else text
    is_long = _LONG in content.translate(_DIGITS_AS_ZEROS)
    return json.loads(content) if is_long else orjson.loads(content)


_DIGITS_AS_ZEROS = bytes(ord("0") if chr(code).isdigit() and code < 128 else code for code in range(256))
_LONG = b"0" * 19  # digits, such as the least number that is beyond 64 bits has
_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=dict)
