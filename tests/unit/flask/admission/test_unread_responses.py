"""Unread responses: the connection of a client that reads nothing is closed, that of a slow one is not."""

import asyncio
import errno
import socket
import time

import pytest

from orders_flask.web.admission.unread_responses import limit_unread_responses

SECONDS = 0.5
HOST = "127.0.0.1"
MORE_THAN_BUFFERS = 32 * 1024 * 1024


def connected(listener: socket.socket) -> tuple[socket.socket, socket.socket]:
    """A client with a small receive buffer, and the server's side of its connection."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(listener.getsockname())
    server, _ = listener.accept()
    server.settimeout(10)
    return client, server


def fill(server: socket.socket) -> float:
    """Send until the connection is closed; return the seconds."""
    begun = time.monotonic()
    with pytest.raises(TimeoutError) as failed:
        server.sendall(bytes(MORE_THAN_BUFFERS))
    assert failed.value.errno == errno.ETIMEDOUT
    return time.monotonic() - begun


def test_connection_of_a_client_that_reads_nothing_is_closed() -> None:
    with socket.create_server((HOST, 0)) as listener:
        before = connected(listener)

        assert asyncio.run(limit_unread_responses(SECONDS))

        after = connected(listener)
        with before[0], before[1], after[0], after[1]:
            assert fill(before[1]) < 5
            assert fill(after[1]) < 5


def test_connection_of_a_client_that_reads_slowly_stays() -> None:
    with socket.create_server((HOST, 0)) as listener:
        asyncio.run(limit_unread_responses(SECONDS))
        client, server = connected(listener)
        server.setblocking(False)
        with client, server:
            deadline = time.monotonic() + 4 * SECONDS
            while time.monotonic() < deadline:
                try:
                    server.send(b"x" * 65536)
                except BlockingIOError:
                    client.recv(65536)
                    time.sleep(SECONDS / 10)

            assert server.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
