"""JSON values: validation, so that every database, cache and broker returns them unchanged, and stored sequences."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from math import isfinite
from typing import Any, TypeAlias, TypeVar, overload

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
JSONObject: TypeAlias = Mapping[str, JSON]

MAX_DEPTH = 32
Checked = TypeVar("Checked")
_INT64 = range(-(2**63), 2**63)


def checked(kind: type[Checked], value: object) -> Checked:
    """Return the value.

    Raises:
        TypeError: the value is not of this type itself, because ``isinstance`` accepts true as an int.
    """
    if type(value) is not kind:
        raise TypeError(f"must be {kind.__name__}, not {type(value).__name__}")
    return value


def known(kind: type, members: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members that are fields of the dataclass, without those that only a later release has."""
    names = _field_names(kind)
    return {name: value for name, value in members.items() if name in names}


@cache
def _field_names(kind: type) -> frozenset[str]:
    return frozenset(field.name for field in fields(kind))


def text_error(text: str) -> str | None:
    """Return why the string cannot be stored, as the rest of a sentence ("must not ..."), or None if it can."""
    if "\x00" in text:
        return "must not contain a NUL character"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "must not contain half of a surrogate pair"
    return None


def bounded_text_error(text: object, *, max_length: int) -> str | None:
    """Return why the value is not a string of 1 to ``max_length`` storable characters, or None if it is."""
    if not isinstance(text, str) or not 1 <= len(text) <= max_length:
        return f"must be a string of 1 to {max_length} characters"
    return text_error(text)


def json_error(value: object, *, depth: int = 0) -> str | None:
    """Return why the JSON value cannot be stored (text, depth, or an integer beyond 64 bits), or None if it can."""
    if isinstance(value, str):
        return text_error(value)
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if value in _INT64 else "must not contain an integer beyond 64 bits"
    if isinstance(value, float):
        return None if isfinite(value) else "must not contain a number that is not finite"
    if depth == MAX_DEPTH:
        return f"must not be nested deeper than {MAX_DEPTH} levels"
    if isinstance(value, Mapping):
        parts = [part for pair in value.items() for part in pair]
        if not all(isinstance(key, str) for key in value):
            return "must have strings as the names of its members"
    elif isinstance(value, list):
        parts = value
    else:
        return f"must be JSON, not a Python {type(value).__name__}"
    return next((error for part in parts if (error := json_error(part, depth=depth + 1))), None)


def same_json(one: JSON | JSONObject, other: JSON | JSONObject) -> bool:
    """Return whether two JSON values are alike: 5 and 5.0 are, 1 and true are not, as they are in Python."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same_json(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return one == other and isinstance(one, bool) is isinstance(other, bool)


def count_values(value: object, *, limit: int) -> int:
    """Return the number of values in a JSON value, itself included; stop counting above the limit."""
    count, remaining = 0, [value]
    while remaining and count <= limit:
        count += 1
        current = remaining.pop()
        if isinstance(current, Mapping | list):
            remaining.extend(current.values() if isinstance(current, Mapping) else current)
    return count


def json_size(value: object) -> int:
    """Return the size of a JSON value in bytes of UTF-8."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=dict).encode())


_Value = TypeVar("_Value")


class StoredSequence(Sequence[_Value]):
    """The values of checked JSON: one that is asked for by its index is built alone, and a loop builds and keeps all.

    An order may have a thousand lines, and a parcel has units of one of them. It equals the tuple of its values.
    """

    __slots__ = ("_build", "_built", "_contents", "_values")

    def __init__(self, contents: Sequence[Any], build: Callable[[Any], _Value]) -> None:
        self._contents = contents
        self._build = build
        self._built: dict[int, _Value] = {}
        self._values: tuple[_Value, ...] | None = None

    @overload
    def __getitem__(self, index: int) -> _Value: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[_Value]: ...
    def __getitem__(self, index: int | slice) -> _Value | Sequence[_Value]:
        if self._values is not None or not isinstance(index, int):
            return self._all[index]
        value = self._built.get(index)
        if value is None:
            value = self._built[index] = self._build(self._contents[index])
        return value

    def __iter__(self) -> Iterator[_Value]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._contents)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, StoredSequence):
            return self._all == other._all
        return self._all == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._all)

    def __repr__(self) -> str:
        return repr(self._all)

    @property
    def _all(self) -> tuple[_Value, ...]:
        if self._values is None:
            self._values = tuple(map(self._build, self._contents))
        return self._values
