"""Batch deletion of old rows. Concurrent deletions lock different rows."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Delete, bindparam, delete, select, true, tuple_


def delete_older_than(table: Any, *, column: Column[Any], where: ColumnElement[bool] | None = None) -> Delete:
    """Return a statement that deletes the oldest rows older than ``:before``, at most ``:limit`` of them."""
    key = tuple_(*table.primary_key.columns)
    old = (
        select(*table.primary_key.columns)
        .where(true() if where is None else where, column < bindparam("before"))
        .order_by(column)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
    )
    return delete(table).where(key.in_(old))
