"""Insertion of many rows by one statement."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import JSON, Connection, Dialect, Row, Table, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects import postgresql, sqlite


def insert_rows(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    ignore_conflicts: bool = False,
    returning: tuple[str, ...] = (),
) -> Sequence[Row[Any]]:
    """Insert the rows, which all have the same columns; return columns of the inserted ones.

    PostgreSQL gets all rows as one JSON array, because the driver would otherwise send a statement for each row. With
    ``ignore_conflicts`` a row that violates a unique constraint is not inserted.
    """
    if not rows:
        return []
    if connection.dialect.name == "postgresql":
        names = tuple(rows[0])
        convert = _converters(table, names, connection.dialect)
        values = [{name: convert[name](value) for name, value in row.items()} for row in rows]
        statement = _from_json(table, names, ignore_conflicts, returning)
        result = connection.execute(statement, {"rows": json.dumps(values, default=datetime.isoformat)})
    else:
        result = connection.execute(_from_values(table, ignore_conflicts, returning), rows)
    return result.all() if returning else []


def _converters(table: Table, names: tuple[str, ...], dialect: Dialect) -> Mapping[str, Callable[[Any], Any]]:
    """Return what makes a JSON value of a value of each column."""
    types = {name: table.c[name].type for name in names}
    processors = {
        name: None if isinstance(kind, JSON) else kind.dialect_impl(dialect).bind_processor(dialect)
        for name, kind in types.items()
    }
    return {name: processor or _unchanged for name, processor in processors.items()}


def _unchanged(value: Any) -> Any:
    return value


@cache
def _from_json(table: Table, names: tuple[str, ...], ignore_conflicts: bool, returning: tuple[str, ...]) -> Any:
    columns = [column(name, table.c[name].type) for name in names]
    document = cast(bindparam("rows", type_=Text), postgresql.JSON)
    rows = func.json_to_recordset(document).table_valued(*columns).render_derived(name="inserted", with_types=True)
    return _options(postgresql.insert(table).from_select(list(names), select(rows)), table, ignore_conflicts, returning)


@cache
def _from_values(table: Table, ignore_conflicts: bool, returning: tuple[str, ...]) -> Any:
    statement = sqlite.insert(table)
    return _options(statement if returning else statement.inline(), table, ignore_conflicts, returning)


def _options(statement: Any, table: Table, ignore_conflicts: bool, returning: tuple[str, ...]) -> Any:
    if ignore_conflicts:
        statement = statement.on_conflict_do_nothing()
    return statement.returning(*(table.c[name] for name in returning)) if returning else statement
