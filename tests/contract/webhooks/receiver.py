"""Receiver of webhooks that behaves as the path of the request says."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from uuid import UUID

from tests.support.servers.ephemeral.server import HOST

MEBIBYTE = bytes(1024 * 1024)
PATIENCE = 60  # seconds


@dataclass(frozen=True, kw_only=True)
class Received:
    """A request of the service."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> UUID:
        return UUID(self.headers["webhook-id"])


@dataclass
class Receiver:
    """`with Receiver() as receiver` answers 204, or as the first part of the path says: /500, /hang, /drip, ..."""

    tls: ssl.SSLContext | None = None
    received: list[Received] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)  # of TLS
    arrived: threading.Condition = field(default_factory=threading.Condition)
    released: threading.Event = field(default_factory=threading.Event)
    on_request: Callable[[], None] | None = None  # before the answer

    def __enter__(self) -> Self:
        self._server = _Server((HOST, 0), _Handler)
        self._server.receiver = self
        if self.tls:
            self.tls.sni_callback = lambda _, name, __: self.names.append(name)
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str = "/204") -> str:
        return f"{'https' if self.tls else 'http'}://{HOST}:{self.port}{path}"

    def wait_for(self, count: int, *, path: str = "") -> list[Received]:
        """Wait until there are so many requests whose paths begin like this, and return them."""

        def matching() -> list[Received]:
            return [each for each in self.received if each.path.startswith(path)]

        with self.arrived:
            assert self.arrived.wait_for(lambda: len(matching()) >= count, PATIENCE), self.received
            return matching()

    def begin(self, received: Received) -> None:
        with self.arrived:
            self.received.append(received)
            self.arrived.notify_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    receiver: Receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: the service closes connections early."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        if len(body := self.rfile.read(length)) == length:  # otherwise the sender was killed meanwhile
            self._answer(body)

    def _answer(self, body: bytes) -> None:
        receiver = self.server.receiver
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver.begin(Received(path=self.path, headers=headers, body=body))
        if receiver.on_request:
            receiver.on_request()
        with suppress(OSError):
            self._respond(self.path.split("/")[1])

    def _respond(self, behaviour: str) -> None:
        released = self.server.receiver.released
        if behaviour.isdigit():
            self.send_response(int(behaviour))
            self.send_header("Location", "/204/elsewhere")
            self.send_header("Retry-After", "3600")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif behaviour == "hang":
            released.wait(PATIENCE)
        elif behaviour == "drip":
            while not released.wait(0.05):
                self.wfile.write(b"H")
        elif behaviour == "continue":
            while not released.is_set():
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        elif behaviour == "close":
            self.close_connection = True
        elif behaviour == "garbage":
            self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        elif behaviour == "headers":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-Header: 1\r\n" * 10_000 + b"\r\n")
        elif behaviour == "line":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Header: " + MEBIBYTE + b"\r\n\r\n")
        elif behaviour in {"endless", "bomb"}:
            coding = b"Content-Encoding: gzip\r\n" if behaviour == "bomb" else b""
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n" + coding + b"\r\n")
            for _ in range(1024):
                self.wfile.write(MEBIBYTE)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name of the base class
        """Log nothing."""
