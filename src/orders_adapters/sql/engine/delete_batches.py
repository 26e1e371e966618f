"""Batch deletion of old rows. Concurrent deletions lock different rows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Delete,
    any_,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    true,
    tuple_,
)


def delete_older_than(
    table: Any, *, column: Column[Any], where: ColumnElement[bool] | None = None
) -> Mapping[str, Delete]:
    """Return statements by dialect that delete the oldest rows older than ``:before``, at most ``:limit`` of them.

    On PostgreSQL the rows are an array, because the planner may run a subquery of IN more than once, and each run
    would lock and return further rows.
    """
    condition = true() if where is None else where
    condition &= column < bindparam("before")
    row: ColumnElement[Any] = literal_column("ctid")
    locked = select(row).select_from(table).where(condition).order_by(column).limit(bindparam("limit"))
    rows = func.array(locked.with_for_update(skip_locked=True).scalar_subquery())
    keys = select(*table.primary_key.columns).where(condition).order_by(column).limit(bindparam("limit"))
    return {
        "postgresql": delete(table).where(row == any_(rows)),
        "sqlite": delete(table).where(tuple_(*table.primary_key.columns).in_(keys)),
    }


def delete_batch(connection: Connection, statements: Mapping[str, Delete], *, before: datetime, limit: int) -> int:
    """Run the statement of the dialect; return the number of deleted rows."""
    return connection.execute(statements[connection.dialect.name], {"before": before, "limit": limit}).rowcount
