"""Statements that are compiled once and executed by the driver itself, for the few that most requests need.

SQLAlchemy builds and compiles the statement; its pool lends the connection. Per execution SQLAlchemy would process
parameters and results for 50 to 250 microseconds, and psycopg would parse a text of more than 4,096 characters or 50
parameters anew for 200.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect

from orders_adapters.sql.engine.engine import json_text, json_value

_PARAMETER = re.compile(r"%\((\w+)\)s|%%")
_Processor = Callable[[Any], Any]
_Compiled = tuple[str, Sequence[tuple[str, Any, "_Processor | None"]], Sequence[str], Sequence["_Processor | None"]]


class CompiledStatement:
    """A SELECT, with or without CTEs that write; or an INSERT, UPDATE or DELETE of one set of parameters.

    It is compiled for a dialect when it is first executed; concurrent first executions compile it more than once.
    """

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows, if the statement has any. ``values`` has the parameters by name.

        The connection is in a transaction or in autocommit mode. The events of SQLAlchemy before and after the
        execution of a cursor are dispatched, for tracing.

        Raises:
            DBAPIError: the error of SQLAlchemy for the driver's error; a connection that is lost is invalidated.
        """
        text, parameters, _, results = self._for(connection.dialect)
        arguments = [
            constant if constant is not None else values[name] if process is None else process(values[name])
            for name, constant, process in parameters
        ]
        return [
            tuple([value if process is None else process(value) for process, value in zip(results, row, strict=True)])
            for row in _rows(connection, text, arguments, has_rows=bool(results))
        ]

    def mappings(self, connection: Connection, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the rows by the names of their columns; see ``execute``."""
        names = self._for(connection.dialect)[2]
        return [dict(zip(names, row, strict=True)) for row in self.execute(connection, values)]

    def _for(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self._statement, _DIALECTS[dialect.name]())
        return compiled


def _on_postgresql() -> Any:
    return psycopg_dialect(  # type: ignore[no-untyped-call]
        json_serializer=json_text, json_deserializer=json_value
    )


def _on_sqlite() -> Any:
    return sqlite_dialect(json_serializer=json_text, json_deserializer=json_value)


_DIALECTS: Mapping[str, Callable[[], Any]] = {"postgresql": _on_postgresql, "sqlite": _on_sqlite}


def _compile(statement: Any, dialect: Any) -> _Compiled:
    """Return the text; name, constant and processor of each parameter; and name and processor of each column."""
    compiled = statement.compile(dialect=dialect)
    text, names = compiled.string, compiled.positiontup
    if names is None:
        numbers: dict[str, int] = {}

        def numbered(match: re.Match[str]) -> str:
            return f"${numbers.setdefault(match[1], len(numbers) + 1)}" if match[1] else "%"

        text, names = _PARAMETER.sub(numbered, text), list(numbers)
    parameters = []
    for name in names:
        process = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
        constant = compiled.params[name]
        parameters.append((name, constant if constant is None or process is None else process(constant), process))
    columns = list(statement.exported_columns)
    results = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    return text, parameters, list(map(attrgetter("name"), columns)), results


def _rows(connection: Connection, text: str, arguments: Sequence[Any], *, has_rows: bool) -> list[tuple[Any, ...]]:
    if not connection.in_transaction() and connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.begin()  # as SQLAlchemy does before the first statement
    driver: Any = connection.connection.driver_connection  # of the engine of a host, it is the driver's own connection
    cursor, errors = _cursor(driver)
    for listener in connection.dispatch.before_cursor_execute:
        listener(connection, cursor, text, arguments, None, False)
    try:
        cursor.execute(text, arguments)
        rows: list[tuple[Any, ...]] = cursor.fetchall() if has_rows else []
    except errors as error:
        # Private in SQLAlchemy 2.0: it discards lost connections, with the listeners of the engine, and raises.
        handler: Any = connection
        handler._handle_dbapi_exception(error, text, None, cursor, None)
        raise
    for listener in connection.dispatch.after_cursor_execute:
        listener(connection, cursor, text, arguments, None, False)
    return rows


def _cursor(driver: Any) -> tuple[Any, type[Exception]]:
    if isinstance(driver, sqlite3.Connection):
        return driver.cursor(), sqlite3.Error
    from psycopg import Error, RawCursor  # imported here, because installations with SQLite have no psycopg

    return driver.raw_cursor() if hasattr(driver, "raw_cursor") else RawCursor(driver), Error
