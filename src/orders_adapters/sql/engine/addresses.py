"""Addresses of databases, also as libpq and other tools write them."""

import re
from urllib.parse import unquote

import sqlalchemy
from sqlalchemy import URL, make_url

_SEVERAL_HOSTS = re.compile(r"(?P<user>[^:]+://(?:[^/?]*@)?)(?P<hosts>[^/?@]*,[^/?@]*)(?P<rest>.*)")
_PASSWORD = re.compile(r"(?P<user>[^:]+://[^:/?@]*:)(?P<password>[^/?]*)@(?P<rest>[^/?@]*(?:[/?].*)?)")
_HOST = re.compile(r"(?P<name>\[[^]]*\]|[^:]*)(?::(?P<port>\d*))?")
_IGNORED = ("pgbouncer",)
"""An option of Prisma; a pooler is recognized without it."""


def parse(url: str) -> URL:
    """Return the address of a PostgreSQL or SQLite database.

    Raises:
        ValueError: the text is not a URL, or is of another database. The error does not repeat it, because it has the
            password.
    """
    scheme, colon, rest = url.partition("://")
    if scheme in {"postgres", "postgresql"}:
        scheme = "postgresql+psycopg"
    try:
        address = _parse(scheme + colon + rest)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise ValueError("The address of the database must be a valid URL.") from None
    if address.drivername not in {"postgresql+psycopg", "sqlite", "sqlite+pysqlite"}:
        raise ValueError(f"The database must be PostgreSQL or SQLite, not {address.drivername}.")
    return address


def _parse(url: str) -> URL:
    if not url.startswith("postgresql"):
        return make_url(url)
    if secret := _PASSWORD.fullmatch(url):
        url = f"{secret['user']}{secret['password'].replace('@', '%40')}@{secret['rest']}"
    several = _SEVERAL_HOSTS.fullmatch(url)
    address = make_url(several["user"] + several["rest"] if several else url).difference_update_query(_IGNORED)
    if several:
        hosts = [_HOST.fullmatch(host) for host in several["hosts"].split(",")]
        names = ",".join(host["name"].strip("[]") if host else "" for host in hosts)
        ports = ",".join((host and host["port"]) or "5432" for host in hosts)
        address = address.update_query_dict({"host": names, "port": ports})
    elif (address.host or "").lower().startswith("%2f"):  # the directory of a socket
        address = address.update_query_dict({"host": unquote(str(address.host))}).set(host=None)
    return address.set(database=unquote(address.database)) if address.database else address
