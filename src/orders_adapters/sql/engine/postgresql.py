"""PostgreSQL engine: the timeouts, the time zone and the schema of its connections."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, ColumnElement, Engine, Text, case, cast, create_engine, event, func

from orders_adapters.sql.errors import is_read_only

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import ExceptionContext

    from orders_adapters.sql.engine.connections import Connector, DatabaseConnection

LOCK_SECONDS = 3
CONNECT_SECONDS = 2
IDLE_SECONDS = 10  # between two statements of a transaction, because a stuck worker must release its locks

_NETWORK = {
    "application_name": "orders",
    "connect_timeout": str(CONNECT_SECONDS),
    # A lost server is detected within seconds, whether or not data is being sent.
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "6000",  # milliseconds
}

_ADVICE = {
    "schema": "set DATABASE_SCHEMA instead",
    "currentSchema": "set DATABASE_SCHEMA instead",
    "pool_size": "the size follows from ORDERS_THREADS",
    "connection_limit": "the size of the pool follows from ORDERS_THREADS",
    "ssl": "set sslmode=require instead",
}
"""For options that other tools write."""

_CONNECTOR = "orders_connector"
_SCHEMA = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}")
_current_schema = cast(func.current_schema(), Text)
SCHEMA_KEY: ColumnElement[int] = case((_current_schema == "public", 0), else_=func.hashtext(_current_schema))
"""A number for the schema of a connection, in all keys of advisory locks, because these belong to a whole database.

0 for ``public``, so that a release without schemas locks the same keys.
"""


def create(address: URL, *, pool_size: int, statement_seconds: int, schema: str, **options: Any) -> Engine:
    """Return the engine. Options after ``?`` in the URL take precedence over the settings here.

    Raises:
        ValueError: an option is not one of libpq.
    """
    _ensure_known_options(address.query)
    settings = {
        "timezone": "UTC",
        "statement_timeout": f"{statement_seconds}s",
        "lock_timeout": f"{LOCK_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
        # The schema and no other, because a table of the same name in another one must not be used.
        **({"search_path": quote_schema(schema)} if schema else {}),
    }
    # Imported here, because installations with SQLite have no psycopg.
    from orders_adapters.sql.engine.connections import Connector

    query = {**_NETWORK, **address.query}
    option = query.pop("options", "")
    connector = Connector(
        settings,
        options=option if isinstance(option, str) else " ".join(option),
        seconds=statement_seconds + 1 if statement_seconds else None,
    )
    execution_options = {**options.pop("execution_options", {}), _CONNECTOR: connector}
    engine = create_engine(
        address.set(query=query), pool_size=pool_size, execution_options=execution_options, **options
    )

    @event.listens_for(engine, "do_connect")
    def _(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> Any:
        return connector.connect(**options)

    @event.listens_for(engine, "handle_error")
    def _(context: ExceptionContext) -> None:
        # The pool is emptied as for a lost server, because new connections may reach the primary server.
        if is_read_only(context.original_exception):
            context.is_disconnect = True

    return engine


def connector_of(engine: Engine) -> Connector:
    """Return what opens the connections of an engine that ``create`` returned."""
    connector: Connector = engine.get_execution_options()[_CONNECTOR]
    return connector


def connect(engine: Engine) -> DatabaseConnection:
    """Open a connection beside those of the engine's pool, which the caller must close.

    Raises:
        psycopg.Error: see ``Connector``.
    """
    return connector_of(engine).connect(**engine.dialect.create_connect_args(engine.url)[1])


def _ensure_known_options(query: Mapping[str, object]) -> None:
    from psycopg.pq import Conninfo  # imported here, because installations with SQLite have no psycopg

    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    for name in query:
        if name not in known:
            advice = _ADVICE.get(name, "the options of libpq are allowed, such as sslmode")
            raise ValueError(f"The address must not have the option {name!r}: {advice}.")


def quote_schema(name: str) -> str:
    """Return the name of a schema as an SQL identifier.

    Raises:
        ValueError: the name is invalid.
    """
    if not _SCHEMA.fullmatch(name):
        raise ValueError(
            "The schema must have 1 to 63 lower-case letters, digits and underscores, and must not begin with a digit "
            "or with pg_."
        )
    return f'"{name}"'  # quoted, because the name may be a reserved word
