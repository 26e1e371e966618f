"""What may be stored: JSON that every database, cache and broker gives back as it was."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TypeAlias

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
JSONObject: TypeAlias = Mapping[str, JSON]

MAX_DEPTH = 32
_INT64 = range(-(2**63), 2**63)


def text_error(text: str) -> str | None:
    """Return what keeps a string from being stored, or None."""
    if "\x00" in text:
        return "contains a NUL character"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "contains half of a surrogate pair"
    return None


def bounded_text_error(text: object, *, max_length: int) -> str | None:
    """Return what it has to be and is not, a string of 1 to ``longest`` storable characters, or None."""
    if not isinstance(text, str) or not 1 <= len(text) <= max_length:
        return f"is a string of 1 to {max_length} characters"
    return text_error(text)


def json_error(value: object, *, depth: int = 0) -> str | None:
    """Return what keeps a JSON value from being stored, or None: text, depth, or a number beyond 64 bits."""
    if isinstance(value, str):
        return text_error(value)
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if value in _INT64 else "contains a whole number beyond 64 bits"
    if isinstance(value, float):
        return None if isfinite(value) else "contains a number that is not finite"
    if depth == MAX_DEPTH:
        return f"is nested deeper than {MAX_DEPTH} levels"
    if isinstance(value, Mapping):
        parts = [part for pair in value.items() for part in pair]
        if not all(isinstance(key, str) for key in value):
            return "has a member whose name is not a string"
    elif isinstance(value, list):
        parts = value
    else:
        return f"is not JSON ({type(value).__name__})"
    return next((flaw for part in parts if (flaw := json_error(part, depth=depth + 1))), None)
