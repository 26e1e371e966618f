"""Declaration of a setting, its errors, and the checks that sections share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any


class InvalidSetting(ValueError):
    """A setting is invalid; the text names it."""


class NotForProduction(InvalidSetting):
    """Settings do not meet the requirements of production; ``report`` has a sentence for each unmet one, else None."""

    def __init__(self, report: Mapping[str, str | None]) -> None:
        super().__init__(" ".join(f"In production {sentence}" for sentence in report.values() if sentence))
        self.report = report


def setting(name: str, default: Any, meaning: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"name": name, "meaning": meaning, "secret": secret}, repr=not secret)


def require_one_of(name: str, value: str, *allowed: str) -> None:
    if value not in allowed:
        raise InvalidSetting(f"{name} is {value!r}; it must be one of: {', '.join(filter(None, allowed))}.")


def require_within(name: str, value: int, minimum: int, maximum: int) -> None:
    if type(value) is not int or not minimum <= value <= maximum:
        raise InvalidSetting(f"{name} must be an integer from {minimum} to {maximum}.")


def require_scheme(name: str, url: str, *allowed: str) -> None:
    scheme, separator, _ = url.partition("://")
    if url and (not separator or scheme not in allowed):
        raise InvalidSetting(f"{name} must begin with one of: {', '.join(f'{scheme}://' for scheme in allowed)}.")
