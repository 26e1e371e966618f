"""HTTP load: connections that each repeat one request after the other, in one thread."""

import re
import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

CONNECTIONS = 16
LEAST = 3 * CONNECTIONS
"""Responses of a measurement, however busy the machine is."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass
class Connection:
    """One connection, and what it has received of the current response."""

    socket: socket.socket
    received: bytes = b""

    def is_complete(self) -> bool:
        """Receive what is there; return whether the response is complete, and check its status.

        Raises:
            RuntimeError: the status is not one of success, or the server has closed the connection.
        """
        part = self.socket.recv(65536)
        self.received += part
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not part or (end and head[9:10] != b"2"):
            raise RuntimeError(f"The server has answered {self.received[:600]!r}.")
        length = _LENGTH.search(head) if end else None
        return length is not None and len(body) >= int(length[1])


def request(method: str, path: str, *, token: str = "", body: bytes = b"", headers: str = "") -> bytes:
    """Return the bytes of a request."""
    lines = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}"
    if token:
        lines += f"Authorization: Bearer {token}\r\n"
    if body:
        lines += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return lines.encode() + b"\r\n" + body


def exchange(port: int, message: bytes) -> bytes:
    """Send one request over a new connection; return the response's body.

    Raises:
        RuntimeError: the response is not one of success.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=20) as opened:
        opened.sendall(message)
        connection = Connection(opened)
        while not connection.is_complete():
            pass
    return connection.received.partition(b"\r\n\r\n")[2]


def drive(port: int, requests: Iterator[bytes], *, seconds: float, connections: int = CONNECTIONS) -> int:
    """Send the requests for the given time, and at least 48 of them; return the number of responses.

    Raises:
        RuntimeError: a response is not one of success.
    """
    completed, deadline = 0, time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        opened = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(connections)]
        try:
            for each in opened:
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                each.sendall(next(requests))
                selector.register(each, selectors.EVENT_READ, Connection(each))
            while selector.get_map():
                if not (ready := selector.select(timeout=20)):
                    raise RuntimeError("The server has not answered within 20 s.")
                for key, _ in ready:
                    if not key.data.is_complete():
                        continue
                    completed += 1
                    key.data.received = b""
                    if completed < LEAST or time.monotonic() < deadline:
                        key.data.socket.sendall(next(requests))
                    else:  # the last response of each connection counts, as its time does
                        selector.unregister(key.fileobj)
        finally:
            for each in opened:
                each.close()
    return completed
