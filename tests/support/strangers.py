"""Connections of strangers that stop halfway, in every way that is known."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from tests.support.servers.ephemeral.server import HOST

FORGED = "e30.e30.x"  # looks like a token
HEADERS = b"POST /orders/ HTTP/1.1\r\nHost: x\r\n"
BODY = b"Content-Type: application/json\r\nContent-Length: 400000\r\n\r\n" + b" " * 200_000

KINDS = {
    "silent": b"",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "half of the headers": b"GET /orders/ HTTP/1.1\r\nHost: x\r\nX-Pad",
    "half a body": HEADERS + BODY,
    "half a body with a forged token": HEADERS + f"Authorization: Bearer {FORGED}\r\n".encode() + BODY,
    "half a body with a token": HEADERS + b"Authorization: Bearer TOKEN\r\n" + BODY,
    "half a body of no route": b"POST /nowhere HTTP/1.1\r\nHost: x\r\n" + BODY,
    "answered and kept": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "reading nothing": b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 20,
}


def sent_by(kind: str, token: str = FORGED) -> bytes:
    """Return what a stranger of the kind sends."""
    return KINDS[kind].replace(b"TOKEN", token.encode())


@contextmanager
def many(port: int, sent: bytes, *, count: int) -> Iterator[None]:
    """Connections that send these bytes, as far as the service takes them, and then stop."""
    with ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(socket.create_connection((HOST, port), timeout=20))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(0.002)
            with suppress(OSError):
                connection.sendall(sent)
        yield
