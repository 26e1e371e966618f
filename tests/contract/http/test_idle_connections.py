"""Connections of strangers: many of every kind that stop halfway, beside which the service still serves."""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.support.depth import effort
from tests.support.server import Served
from tests.support.servers.ephemeral.server import HOST

CONNECTIONS = effort(150, 1_100)  # of each kind
MEBIBYTE = 1024 * 1024
WORKER_MEBIBYTES = 250
FORGED = "Authorization: Bearer e30.e30.x"  # looks like a token
ORDER = json.dumps({"items": [{"sku": "tea"}], "total_price": 1}).encode()
BODY = b"Content-Type: application/json\r\nContent-Length: 400000\r\n\r\n" + b" " * 200_000

KINDS = {
    "silent": b"",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "half of the headers": b"GET /orders/ HTTP/1.1\r\nHost: x\r\nX-Pad",
    "half a body": b"POST /orders/ HTTP/1.1\r\nHost: x\r\n" + BODY,
    "half a body with a forged token": b"POST /orders/ HTTP/1.1\r\nHost: x\r\n" + FORGED.encode() + b"\r\n" + BODY,
    "half a body of no route": b"POST /nowhere HTTP/1.1\r\nHost: x\r\n" + BODY,
    "answered and kept": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "reading nothing": b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 20,
}


@contextmanager
def many(served: Served, sent: bytes) -> Iterator[None]:
    """Connections that send these bytes, as far as the service takes them, and then stop."""
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            connection = stack.enter_context(socket.create_connection((HOST, served.port), timeout=20))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(0.002)
            with suppress(OSError):
                connection.sendall(sent)
        yield


def memory(served: Served) -> float:
    """The memory of the worker process in MiB."""
    server = served.process.pid
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    pages = [int(Path(f"/proc/{child}/statm").read_text().split()[1]) for child in children]
    return max(pages) * os.sysconf("SC_PAGE_SIZE") / MEBIBYTE


def probe(served: Served) -> float:
    """Ask for `/healthz`; return the seconds that it took."""
    begun = time.monotonic()
    with urlopen(f"{served.url}/healthz", timeout=20) as health:
        assert health.status == 200
    return time.monotonic() - begun


@pytest.mark.parametrize("kind", KINDS)
def test_connections_that_stop_do_not_stop_the_service(served: Served, kind: str) -> None:
    order = Request(f"{served.url}/orders/", data=ORDER, headers={"Content-Type": "application/json"})
    order.add_header("Authorization", f"Bearer {served.token('patient')}")

    with many(served, KINDS[kind]):
        first, took = probe(served), probe(served)
        with urlopen(order, timeout=20) as placed:
            assert placed.status == 201
        used = memory(served)

    print(f"{kind}: /healthz {first:.2f} s, then {took:.2f} s, {used:.0f} MiB")
    assert took < 1
    assert used < WORKER_MEBIBYTES
