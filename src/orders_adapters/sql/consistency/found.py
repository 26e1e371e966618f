"""Findings with their repair, and the areas in which they are found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Select

from orders_domain.errors import OrdersError
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.consistency.finding import Finding, FindingKind, Key

BATCH = 500
"""Subjects that are examined in one transaction."""
UNREADABLE = (OrdersError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
"""Errors of reading a value that this software has not written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding, and the repair in the transaction that has locked its subject; None if nothing has the truth.

    Several findings of a subject may share one repair, which returns the new version of an order that it changed.
    """

    kind: FindingKind
    key: Key
    subject: str
    text: str
    repair: Callable[[Connection, Actor, datetime], int | None] | None = None

    @property
    def finding(self) -> Finding:
        return Finding(
            kind=self.kind, key=self.key, subject=self.subject, text=self.text, repairable=self.repair is not None
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """The findings of some subjects, their number, and the key of the last one; None if no subject is left."""

    found: Sequence[Found]
    count: int
    last: Key | None


Examine: TypeAlias = Callable[[Connection, Key | None, datetime], Batch]
"""Examines the subjects after the key, of which all are read in one transaction."""


@dataclass(frozen=True, slots=True)
class Area:
    """``lock`` locks one subject until the transaction ends, and examines it.

    ``keys`` selects the keys of all subjects; None if there is one subject, which has no row.
    """

    examine: Examine
    lock: Callable[[Connection, Any, datetime], Sequence[Found]]
    keys: Select[Any] | None


def last_of(rows: Sequence[Any], *, limit: int = BATCH) -> Any:
    """Return the key of the last row, which is the first of its columns, or None if there is no further row."""
    return rows[-1][0] if len(rows) == limit else None


def difference(stored: Mapping[Any, Any], expected: Mapping[Any, Any], *, noun: str) -> str:
    """Return a sentence about the first key of which the values differ."""
    key = min((key for key in {**stored, **expected} if stored.get(key) != expected.get(key)), key=str)
    name = f"{noun} {key}" if not isinstance(key, tuple) else f"{noun} {' '.join(map(str, key))}"
    if key not in stored:
        return f"{name} is in the history, and is not stored."
    if key not in expected:
        return f"{name} is stored, and is not in the history."
    return f"{name} is stored as {_shown(stored[key])}, and the history says {_shown(expected[key])}."


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(each)}" for name, each in value.items())
    return str(getattr(value, "value", value))
