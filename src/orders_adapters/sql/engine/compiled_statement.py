"""Statements that are compiled once and executed by psycopg itself, for the few that most requests need.

SQLAlchemy builds and compiles the statement; its pool lends the connection. Per execution SQLAlchemy would process
parameters and results for 250 microseconds, and psycopg would parse a text of more than 4,096 characters or 50
parameters anew for 200.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect

_PARAMETER = re.compile(r"%\((\w+)\)s|%%")
_Processor = Callable[[Any], Any]


class CompiledStatement:
    """A SELECT, with or without CTEs that write, for PostgreSQL.

    It is compiled when it is first executed; concurrent first executions compile it more than once.
    """

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows. ``values`` has the parameters by name; ``connection`` is in autocommit mode.

        The events of SQLAlchemy before and after the execution of a cursor are dispatched, for tracing.

        Raises:
            DBAPIError: the error of SQLAlchemy for the driver's error; a connection that is lost is invalidated.
        """
        text, parameters, results = self._compiled
        arguments = [
            constant if constant is not None else values[name] if process is None else process(values[name])
            for name, constant, process in parameters
        ]
        return [
            tuple(value if process is None else process(value) for process, value in zip(results, row, strict=True))
            for row in _rows(connection, text, arguments)
        ]

    @cached_property
    def _compiled(self) -> tuple[str, Sequence[tuple[str, Any, _Processor | None]], Sequence[_Processor | None]]:
        """The text; name, constant and processor of each parameter; and the processor of each column."""
        dialect = psycopg_dialect()  # type: ignore[no-untyped-call]
        compiled = self._statement.compile(dialect=dialect)
        names: dict[str, int] = {}

        def numbered(match: re.Match[str]) -> str:
            return f"${names.setdefault(match[1], len(names) + 1)}" if match[1] else "%"

        text = _PARAMETER.sub(numbered, compiled.string)
        types = {name: compiled.binds[name].type.dialect_impl(dialect) for name in names}
        processors = {name: type_.bind_processor(dialect) for name, type_ in types.items()}
        parameters = []
        for name in names:
            constant, process = compiled.params[name], processors[name]
            parameters.append((name, constant if constant is None or process is None else process(constant), process))
        columns = [column.type.dialect_impl(dialect) for column in self._statement.selected_columns]
        return text, parameters, [type_.result_processor(dialect, None) for type_ in columns]


def _rows(connection: Connection, text: str, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
    from psycopg import Error, RawCursor  # imported here, because installations with SQLite have no psycopg

    driver: Any = connection.connection.driver_connection  # of the engine of a host, it is psycopg's own connection
    cursor: RawCursor[Any] = driver.raw_cursor() if hasattr(driver, "raw_cursor") else RawCursor(driver)
    for listener in connection.dispatch.before_cursor_execute:
        listener(connection, cursor, text, arguments, None, False)
    try:
        rows: list[tuple[Any, ...]] = cursor.execute(text, arguments).fetchall()
    except Error as error:
        # Private in SQLAlchemy 2.0: it discards lost connections, with the listeners of the engine, and raises.
        handler: Any = connection
        handler._handle_dbapi_exception(error, text, None, cursor, None)
        raise
    for listener in connection.dispatch.after_cursor_execute:
        listener(connection, cursor, text, arguments, None, False)
    return rows
