"""What may be stored: JSON that every database, cache and broker gives back as it was."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TypeAlias

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
JSONObject: TypeAlias = Mapping[str, JSON]

DEEPEST = 32
_INT64 = range(-(2**63), 2**63)


def flaw_in_text(text: str) -> str | None:
    """Return what keeps a string from being stored, or None."""
    if "\x00" in text:
        return "contains a NUL character"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "contains half of a surrogate pair"
    return None


def flaw_in_short_text(text: object, *, longest: int) -> str | None:
    """Return what it has to be and is not, a string of 1 to ``longest`` storable characters, or None."""
    if not isinstance(text, str) or not 1 <= len(text) <= longest:
        return f"is a string of 1 to {longest} characters"
    return flaw_in_text(text)


def flaw_in_json(value: object, *, depth: int = 0) -> str | None:
    """Return what keeps a JSON value from being stored, or None: text, depth, or a number beyond 64 bits."""
    if isinstance(value, str):
        return flaw_in_text(value)
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if value in _INT64 else "contains a whole number beyond 64 bits"
    if isinstance(value, float):
        return None if isfinite(value) else "contains a number that is not finite"
    if depth == DEEPEST:
        return f"is nested deeper than {DEEPEST} levels"
    if isinstance(value, Mapping):
        parts = [part for pair in value.items() for part in pair]
        if not all(isinstance(key, str) for key in value):
            return "has a member whose name is not a string"
    elif isinstance(value, list):
        parts = value
    else:
        return f"is not JSON ({type(value).__name__})"
    return next((flaw for part in parts if (flaw := flaw_in_json(part, depth=depth + 1))), None)
