"""One HTTP request and its answer, in bounded time and of bounded size.

A time-out of sockets begins anew with every byte, so a server that drips would hold us for ever: each call has a
watch that cuts its connection. Therefore urllib3's connections are used without its pool, and each call has one of its
own; one that was kept might be dead when it is wanted, too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from http.client import IncompleteRead as Broken
from socket import SHUT_RDWR

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, IncompleteRead, NewConnectionError
from urllib3.util import Url, parse_url

CONNECT_SECONDS = 1.0
MAX_RESPONSE_BYTES = 1024 * 1024  # bytes

_GONE = (ConnectTimeoutError, NewConnectionError, IncompleteRead, Broken, OSError)


class ConnectionFailed(Exception):
    """There was no connection, or it broke before the end of the answer."""


class Timeout(Exception):
    """The answer was not complete in time."""


class ProtocolError(Exception):
    """The answer is not HTTP, or too large."""


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes


def read_address(text: str) -> Url:
    """Return the address.

    Raises:
        ValueError: it is not http:// or https:// and a host; there are no credentials, question or fragment in it.
    """
    try:
        url = parse_url(text)
    except HTTPError as error:
        raise ValueError("It cannot be read.") from error
    if url.scheme not in ("http", "https") or not url.host or url.auth or url.query or url.fragment:
        raise ValueError("It is http:// or https://, a host, and perhaps a port and a path.")
    return url


def send(
    address: Url, method: str, path: str, *, body: bytes | None, headers: Mapping[str, str], until: float
) -> Response:
    """Return the answer, whatever its status; ``until`` is a moment of the monotonic clock.

    Raises:
        Unreachable, Timeout, Nonsense.
    """
    connection = _connection(address, seconds=min(CONNECT_SECONDS, max(until - time.monotonic(), 0.01)))
    with _deadline(connection, until=until) as cut:
        try:
            answer = _exchange(connection, method, f"{(address.path or '').rstrip('/')}{path}", body, headers)
        except _GONE as error:
            if cut.is_set() or (isinstance(error, TimeoutError) and not isinstance(error, HTTPError)):
                raise Timeout from error
            raise ConnectionFailed(type(error).__name__) from error
        except (HTTPError, HTTPException, ValueError) as error:
            if cut.is_set():
                raise Timeout from error  # half an answer
            raise ProtocolError(type(error).__name__) from error
    if cut.is_set():
        raise Timeout  # what was cut may look like the end
    return answer


def _exchange(
    connection: HTTPConnection, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
) -> Response:
    connection.connect()
    connection.timeout = None  # urllib3 gives it to the socket again and again; from here on the watch sees to it
    connection.request(method, path, body=body, headers=headers, preload_content=False, decode_content=False)
    response = connection.getresponse()
    content = response.read(MAX_RESPONSE_BYTES + 1)
    if len(content) > MAX_RESPONSE_BYTES:
        raise ValueError("The answer is too large.")
    return Response(response.status, content)


def _connection(address: Url, *, seconds: float) -> HTTPConnection:
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    return kind((address.host or "").strip("[]"), address.port, timeout=seconds)


@contextmanager
def _deadline(connection: HTTPConnection, *, until: float) -> Iterator[threading.Event]:
    """Close the connection in the end; cut it when the time is over. The event says that it was."""
    done, cut = threading.Event(), threading.Event()

    def watch() -> None:
        if done.wait(until - time.monotonic()):
            return
        cut.set()
        while True:  # there may be no socket yet
            with suppress(OSError, AttributeError):
                connection.sock.shutdown(SHUT_RDWR)
            if done.wait(0.05):
                return

    thread = threading.Thread(target=watch, name="watch", daemon=True)
    thread.start()
    try:
        yield cut
    finally:
        done.set()
        connection.close()
