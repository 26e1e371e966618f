"""HTTP transport: one request and its response, with a total deadline and a limit of the size.

A socket timeout restarts with every byte, so a slow server could hold a call without limit. Therefore a thread shuts
the connection down at the deadline, and every call opens a urllib3 connection without a pool. A pooled connection
could also have been closed by the server.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from http.client import IncompleteRead as IncompleteBody

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, IncompleteRead, NewConnectionError
from urllib3.util import Url, parse_url

from orders_adapters.deadline import deadline

CONNECT_SECONDS = 1.0
MAX_RESPONSE_BYTES = 1024 * 1024  # bytes

_CONNECTION_ERRORS = (ConnectTimeoutError, NewConnectionError, IncompleteRead, IncompleteBody, OSError)


class ConnectionFailed(Exception):
    """The connection failed, or broke before the end of the response."""


class Timeout(Exception):
    """The response was not complete at the deadline."""


class ProtocolError(Exception):
    """The response is not HTTP, or too large."""


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes


def read_address(text: str) -> Url:
    """Parse the address of a service.

    Raises:
        ValueError: the text is not http:// or https:// and a host, or has credentials, a query or a fragment.
    """
    try:
        url = parse_url(text)
    except HTTPError as error:
        raise ValueError("It must be an http:// or https:// URL.") from error
    if url.scheme not in ("http", "https") or not url.host or url.auth or url.query or url.fragment:
        raise ValueError("It must be http:// or https:// and a host, optionally with a port and a path.")
    return url


def get(url: str, *, headers: Mapping[str, str], until: float) -> Response:
    """Return the response to GET of a URL, which may have a query; no redirect is followed.

    Raises:
        ConnectionFailed, Timeout, ProtocolError: see ``send``.
        ValueError: the URL is invalid.
    """
    try:
        address = parse_url(url)
    except HTTPError as error:
        raise ValueError("It must be an http:// or https:// URL.") from error
    return send(address._replace(path=None), "GET", address.request_uri, body=None, headers=headers, until=until)


def send(
    address: Url, method: str, path: str, *, body: bytes | None, headers: Mapping[str, str], until: float
) -> Response:
    """Return the response, with any status. ``until`` is a time of the monotonic clock.

    Raises:
        ConnectionFailed, Timeout, ProtocolError.
    """
    connection = _connection(address, seconds=min(CONNECT_SECONDS, max(until - time.monotonic(), 0.01)))
    with deadline(connection, until=until) as expired:
        try:
            response = _exchange(connection, method, f"{(address.path or '').rstrip('/')}{path}", body, headers)
        except _CONNECTION_ERRORS as error:
            if expired.is_set() or (isinstance(error, TimeoutError) and not isinstance(error, HTTPError)):
                raise Timeout from error
            raise ConnectionFailed(type(error).__name__) from error
        except (HTTPError, HTTPException, ValueError) as error:
            if expired.is_set():
                raise Timeout from error  # the response was incomplete
            raise ProtocolError(type(error).__name__) from error
    if expired.is_set():
        raise Timeout  # the shutdown may look like the end of the response
    return response


def _exchange(
    connection: HTTPConnection, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
) -> Response:
    connection.connect()
    connection.timeout = None  # urllib3 would set it on the socket again; from here on the deadline thread applies
    connection.request(method, path, body=body, headers=headers, preload_content=False, decode_content=False)
    response = connection.getresponse()
    content = response.read(MAX_RESPONSE_BYTES + 1)
    if len(content) > MAX_RESPONSE_BYTES:
        raise ValueError(f"The response must have at most {MAX_RESPONSE_BYTES} bytes.")
    return Response(response.status, content)


def _connection(address: Url, *, seconds: float) -> HTTPConnection:
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    return kind((address.host or "").strip("[]"), address.port, timeout=seconds)
