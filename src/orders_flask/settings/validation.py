"""Declaration of a setting, its errors, and the checks that sections share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any
from urllib.parse import urlsplit

WITH_HOST = frozenset({"http", "https", "smtp", "smtps"})  # others have a host by default, or need none


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
    """Refuse a URL with another scheme, and one of a web or mail server without a host."""
    scheme, separator, rest = url.partition("://")
    if url and (not separator or scheme not in allowed):
        raise InvalidSetting(f"{name} must begin with one of: {', '.join(f'{scheme}://' for scheme in allowed)}.")
    if scheme in WITH_HOST and not _has_host(url, rest):
        raise InvalidSetting(f"{name} must name a host: {scheme}://host.")


def _has_host(url: str, rest: str) -> bool:
    try:
        return bool(rest and urlsplit(url).hostname)
    except ValueError:  # such as an IPv6 address without its closing bracket
        return False
