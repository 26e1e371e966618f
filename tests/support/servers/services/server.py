"""Base class of external services: one thread per request, and failures on request."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.support.servers.ephemeral.server import HOST
from tests.support.servers.services.misbehaviour import Misbehaviour

M = Misbehaviour
_GOOD = b'{"shipmentID": "SHIP-1", "productID": 1, "name": "Tea", "price": 1, "quantity": 9}'
PATIENCE = 60  # seconds that a hanging server waits


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A received request."""

    method: str
    path: str
    key: str | None
    body: Any


class Address:
    """`with Address() as address` is a listening socket that services use one after the other."""

    def __init__(self) -> None:
        self.server = _Server((HOST, 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join(5)


class Service:
    """`with Service() as service`; a subclass implements `do(asked)`, which returns status and body.

    The service listens on a new address, unless one is given.
    """

    def __init__(self, address: Address | None = None) -> None:
        self.asked: list[Asked] = []
        self.misbehave: dict[str, Misbehaviour] = {}
        self.late = 8.0  # seconds before HANG_AND_DO executes the request
        self.arrived = threading.Semaphore(0)  # of held requests
        self._held: dict[str, threading.Event] = {}
        self._late: list[threading.Thread] = []
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._address, self._is_ours = address or Address(), address is None
        self._address.server.service = self

    @property
    def url(self) -> str:
        return self._address.url

    def do(self, request: Asked, /) -> tuple[int, Any]:
        raise NotImplementedError

    def encrypt(self, context: ssl.SSLContext) -> str:
        """Use TLS from now on; return the address."""
        server = self._address.server
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        return self.url.replace("http:", "https:")

    def hold(self, method: str) -> Callable[[], None]:
        """Execute requests of the method, and delay their responses until the returned function is called."""
        released = self._held[method] = threading.Event()
        return released.set

    def times(self, method: str) -> int:
        return sum(request.method == method for request in self.asked)

    def catch_up(self) -> None:
        """Return when all delayed executions have ended."""
        for thread in self._late:
            thread.join(self.late + 20)

    def reset(self) -> None:
        """Behave normally, and clear the received requests."""
        self.misbehave.clear()
        self._held.clear()
        self.asked.clear()

    def __enter__(self) -> Self:
        if self._is_ours:
            self._address.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        if self._is_ours:
            self._address.__exit__(*error)

    def answer(self, request: Asked, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self.asked.append(request)
        way = self.misbehave.get(request.method)
        if way is M.HANG_AND_DO:
            self._late.append(threading.Thread(target=self._do_late, args=(request,), daemon=True))
            self._late[-1].start()
        done = self._done(request) if way is None or way.does_it else None
        if held := self._held.get(request.method):
            self.arrived.release()
            held.wait(PATIENCE)
        if way is None:
            assert done
            _say(handler, done[0], json.dumps(done[1]).encode())
        else:
            self._misbehave(way, handler)

    def _done(self, request: Asked) -> tuple[int, Any]:
        with self._lock:
            return self.do(request)

    def _do_late(self, request: Asked) -> None:
        if not self._over.wait(self.late):
            self._done(request)

    def _misbehave(self, way: Misbehaviour, handler: BaseHTTPRequestHandler) -> None:
        if way in (M.HANG, M.DO_AND_HANG, M.HANG_AND_DO):
            self._over.wait(PATIENCE)
            _hang_up(handler)
        elif way in (M.DROP, M.DO_AND_DROP):
            _hang_up(handler)
        elif way in (M.FAIL, M.DO_AND_FAIL):
            _say(handler, 500, b'{"error": "no"}')
        elif way in (M.OTHER_SHAPE, M.DO_AND_LIE):
            _say(handler, 200, b'{"shipmentID": [], "productID": true, "unavailableItems": 7}')
        elif way is M.NO_JSON:
            _say(handler, 200, b"<html>Welcome!</html>")
        elif way is M.REDIRECT:
            _say(handler, 302, b"{}", Location=f"{self.url}/elsewhere")
        elif way is M.FLOOD:
            _say(handler, 201 if handler.command == "POST" else 200, _GOOD + b" " * 50_000_000)
        elif way is M.NOT_HTTP:
            handler.wfile.write(b"220 mail.example ESMTP\r\n")
            _hang_up(handler)
        else:
            self._drip(way, handler)

    def _drip(self, way: Misbehaviour, handler: BaseHTTPRequestHandler) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n"
        if way is M.DRIP_BODY:
            handler.wfile.write(head + b"\r\n")
        for byte in head if way is M.DRIP_HEADERS else b" " * 1000:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            if self._over.wait(0.2):
                break
        _hang_up(handler)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    service: Service

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors of clients that have disconnected."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def _any(self) -> None:
        service = self.server.service
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Asked(
            method=self.command,
            path=self.path,
            key=self.headers.get("Idempotency-Key"),
            body=json.loads(raw) if raw else None,
        )
        self.close_connection = True
        service.answer(request, self)

    do_GET = do_POST = do_DELETE = _any  # noqa: N815 - called by these names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - called by this name
        """Write no access log."""


def _say(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Type", "application/json")
    if status != 204:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if status != 204:
        handler.wfile.write(body)


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    with suppress(OSError):
        handler.connection.shutdown(socket.SHUT_RDWR)
