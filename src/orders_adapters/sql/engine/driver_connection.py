"""SQLAlchemy's connection over one of psycopg, for a host whose transactions are not SQLAlchemy's, such as Django."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, NullPool, create_engine

from orders_adapters.sql.errors import translate_errors

if TYPE_CHECKING:
    import psycopg

_lent: ContextVar[_LentConnection] = ContextVar("orders_lent_connection")


@contextmanager
def lend(driver_connection: psycopg.Connection[Any]) -> Iterator[Connection]:
    """Yield a connection for ``SqlUnitOfWork``. Only the host commits, rolls back and closes ``driver_connection``.

    Raises:
        StoreUnavailable: the connection is lost.
    """
    token = _lent.set(_LentConnection(driver_connection))
    try:
        with translate_errors():
            connection = _engine().connect()
        with connection:
            yield connection
    finally:
        _lent.reset(token)


class _LentConnection:
    """The host's connection without the end of its transaction."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def commit(self) -> None:
        pass

    def rollback(self) -> None:
        pass

    def close(self) -> None:
        pass


@cache
def _engine() -> Engine:
    """Return an engine that connects to whatever is lent: it examines the server once, and holds no connection."""
    options: dict[str, Any] = {"use_native_hstore": False}  # it would register types on the host's connection
    return create_engine(
        "postgresql+psycopg://", creator=_lent.get, poolclass=NullPool, hide_parameters=True, **options
    )
