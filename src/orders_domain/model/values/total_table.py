"""Tables that have an entry for every key, such as every member of an enumeration."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


def total_table(
    keys: Iterable[Key], table: Mapping[Key, Value], *, without: Collection[Key] = ()
) -> Mapping[Key, Value]:
    """Return the table, read-only. ``keys`` is an enumeration or another series of keys.

    Raises:
        ValueError: a key except those of ``without`` has no entry, or an entry has another key.
    """
    expected = [key for key in keys if key not in without]
    if missing := [key for key in expected if key not in table]:
        raise ValueError(f"The table must have an entry for: {', '.join(map(str, missing))}.")
    if other := [key for key in table if key not in expected]:
        raise ValueError(f"The table must not have an entry for: {', '.join(map(str, other))}.")
    return MappingProxyType(dict(table))
