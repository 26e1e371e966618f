"""Sequence of values that are stored as JSON, each of which is built when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, overload

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
