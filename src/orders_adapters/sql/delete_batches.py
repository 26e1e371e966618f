"""Deleting what is old, so many rows at a time; two that do so at once take different rows."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Delete, bindparam, delete, select, true, tuple_


def delete_older_than(table: Any, *, column: Column[Any], where: ColumnElement[bool] | None = None) -> Delete:
    """Return the statement that deletes the oldest rows of before ``before``, ``most`` at most."""
    key = tuple_(*table.primary_key.columns)
    old = (
        select(*table.primary_key.columns)
        .where(true() if where is None else where, column < bindparam("before"))
        .order_by(column)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
    )
    return delete(table).where(key.in_(old))
