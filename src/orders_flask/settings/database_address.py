"""Addresses of databases as other tools write them, and their usual spelling."""

from __future__ import annotations

import re

from orders_flask.settings.validation import InvalidSetting

_QUOTED = re.compile(r"""\s*(["'])(?P<text>.*)\1\s*""", re.DOTALL)
_POSTGRESQL = re.compile(r"(?:jdbc:)?(?:postgres|postgresql|pgsql)(?:\+\w+)?://", re.IGNORECASE)
_SQLITE = re.compile(r"(?:jdbc:)?sqlite3?(?:\+\w+)?:(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_WINDOWS = re.compile(r"/*[A-Za-z]:[\\/]|.*\\")


def normalize(name: str, url: str) -> str:
    """Return the address with the scheme ``postgresql`` or ``sqlite``, without quotes and a driver of another tool.

    Raises:
        InvalidSetting: the path of a SQLite database is ambiguous, or of another system.
    """
    quoted = _QUOTED.fullmatch(url)
    url = (quoted["text"] if quoted else url).strip()
    if found := _POSTGRESQL.match(url):
        return f"postgresql://{url[found.end() :]}"
    sqlite = _SQLITE.fullmatch(url)
    return f"sqlite://{_sqlite_path(name, sqlite['rest'])}" if sqlite else url


def _sqlite_path(name: str, rest: str) -> str:
    path = rest[2:] if rest.startswith("//") else f"/{rest}"
    if _WINDOWS.match(path):
        raise InvalidSetting(
            f"{name} must have a path with slashes and without a drive, such as sqlite:////srv/orders.db."
        )
    if path and not path.startswith("/") and not path.startswith("?"):
        raise InvalidSetting(
            f"{name} must have three slashes before the path of a SQLite database in the working directory "
            "(sqlite:///orders.db), and four before an absolute one (sqlite:////srv/orders.db)."
        )
    return path
