"""Addresses of Redis: one server, a master that Sentinel names, or a Redis Cluster."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote, urlsplit

from redis.connection import Connection, SSLConnection, parse_url

Kind: TypeAlias = Literal["server", "sentinel", "cluster"]
Host: TypeAlias = tuple[str, int]

SENTINEL_PORT, SERVER_PORT = 26_379, 6_379
SENTINEL_FORM = "redis+sentinel://[user:password@]host[:26379][,host...]/service_name[/database]"
CLUSTER_FORM = "redis+cluster://[user:password@]host[:6379][,host...]"
_URL = re.compile(r"(rediss?)\+(sentinel|cluster)://(?:([^/?#]*)@)?([^/?#@]*)(/[^?#]*)?(?:\?(.*))?", re.DOTALL)
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s\[\]:,]+))(?::([0-9]{1,5}))?")


@dataclass(frozen=True, kw_only=True)
class Address:
    """The parts of a URL. ``options`` are those of a connection, in the library's terms."""

    kind: Kind
    hosts: Sequence[Host]
    service: str
    options: Mapping[str, Any]
    sentinel_options: Mapping[str, Any]


def kind_of(url: str) -> Kind:
    """Return what the URL names, by its scheme."""
    scheme = url.partition("://")[0]
    return "sentinel" if scheme.endswith("+sentinel") else "cluster" if scheme.endswith("+cluster") else "server"


def parse(url: str) -> Address:
    """Return the parts of the URL.

    Raises:
        ValueError, TypeError: the URL is invalid, or has an unknown option.
    """
    if (kind := kind_of(url)) == "server":
        return _server(url)
    form = SENTINEL_FORM if kind == "sentinel" else CLUSTER_FORM
    if not (match := _URL.fullmatch(url)):
        raise ValueError(f"It must have the form {form}.")
    scheme, _, account, hosts, path, query = match.groups()
    port = SENTINEL_PORT if kind == "sentinel" else SERVER_PORT
    addresses = [_host(host, port, form) for host in hosts.split(",")]
    options = parse_url(f"{scheme}://{account}@host?{query or ''}" if account else f"{scheme}://host?{query or ''}")
    sentinel_options = {
        name.removeprefix("sentinel_"): options.pop(name)
        for name in ("sentinel_username", "sentinel_password")
        if name in options
    }
    if kind == "cluster" and (sentinel_options or options.get("db") or (path or "/").strip("/") not in {"", "0"}):
        raise ValueError(f"A Redis Cluster has the database 0 only and no Sentinel; the URL must have the form {form}.")
    if kind == "cluster":
        options.pop("db", None)  # the library refuses also 0, when it connects
    service, _, database = (path or "").strip("/").partition("/")
    if kind == "sentinel":
        if not service or not (database or "0").isdecimal():
            raise ValueError(f"It must name the service, and the database by a number, if any: {form}.")
        if "db" in options:
            raise ValueError(f"The database must be in the path: {form}.")
        options["db"] = int(database or 0)
    del options["host"]
    _check(options)
    return Address(
        kind=kind,
        hosts=addresses,
        service=unquote(service) if kind == "sentinel" else "",
        options=options,
        sentinel_options=sentinel_options,
    )


def _server(url: str) -> Address:
    database = unquote(urlsplit(url).path).strip("/")
    if not url.startswith("unix:") and database and not database.isdecimal():
        raise ValueError("The database, after the last slash, must be a number.")  # the library would use 0
    return Address(kind="server", hosts=(), service="", options={}, sentinel_options={})


def _host(text: str, default_port: int, form: str) -> Host:
    match = _HOST.fullmatch(text)
    port = int(match[3] or default_port) if match else 0
    if not match or not 0 < port < 65_536:
        raise ValueError(f"{text!r} must be host or host:port, with a port from 1 to 65535: {form}.")
    return match[1] or match[2], port


def _check(options: Mapping[str, Any]) -> None:
    """Reject unknown options, without connecting."""
    arguments = {name: value for name, value in options.items() if name not in {"connection_class", "timeout"}}
    arguments.pop("max_connections", None)
    (options.get("connection_class") or Connection)(**arguments)


def encrypted(options: Mapping[str, Any]) -> bool:
    return options.get("connection_class") is SSLConnection
