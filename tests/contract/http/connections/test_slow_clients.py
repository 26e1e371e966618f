"""Slow clients: each occupies a socket, not a worker thread, so that other requests are served."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.request import Request, urlopen

import pytest

from tests.support.server import Served
from tests.support.servers.ephemeral.server import HOST

CLIENTS = 40  # five times the number of threads
ORDER = json.dumps({"items": [{"sku": "tea"}], "total_price": 1}).encode()


@contextmanager
def half_sent(served: Served, head: str) -> Iterator[None]:
    """Open connections that send a part of a request and then stop."""
    request = f"{head}\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    with ExitStack() as stack:
        for _ in range(CLIENTS):
            stack.enter_context(socket.create_connection((HOST, served.port))).sendall(request.encode())
        yield


@pytest.mark.parametrize("path", ["/auth/login", "/orders/", "/api/v1/orders/", "/api/orders"])
def test_slow_clients_do_not_block_others(served: Served, path: str) -> None:
    token = served.token("patient")
    order = Request(f"{served.url}/orders/", data=ORDER, headers={"Content-Type": "application/json"})
    order.add_header("Authorization", f"Bearer {token}")

    with half_sent(served, f"POST {path} HTTP/1.1\r\nAuthorization: Bearer {token}"):
        with urlopen(f"{served.url}/healthz", timeout=10) as health:
            assert health.status == 200
        with urlopen(order, timeout=10) as placed:
            assert placed.status == 201


@pytest.mark.parametrize("mebibytes", [1.1, 8])
def test_oversized_body_gets_its_response(served: Served, mebibytes: float) -> None:
    """The connection stays open until the client has read the response."""
    body = b" " * int(mebibytes * 1024 * 1024)
    head = f"POST /orders/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token('wordy')}\r\n"
    head += f"Content-Type: application/json\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"

    with socket.create_connection((HOST, served.port), timeout=20) as connection:
        connection.sendall(head.encode() + body)
        response = connection.recv(65536)

    assert response.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("chunks", [b"zz\r\nabc\r\n0\r\n\r\n", b"-1\r\n\r\n", b"3\r\nabcd\r\n0\r\n\r\n"])
def test_malformed_chunk_is_400(served: Served, chunks: bytes) -> None:
    head = f"POST /orders/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token('chunks')}\r\n"
    head += "Content-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert served.exchange(head.encode() + chunks).startswith(b"HTTP/1.1 400")


def test_key_of_raw_bytes_is_distinguished(served: Served) -> None:
    token = served.token("keys")

    def placed(key: str) -> bytes:
        head = f"POST /orders/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {key}\r\n"
        head += f"Content-Type: application/json\r\nConnection: close\r\nContent-Length: {len(ORDER)}\r\n\r\n"
        response = served.exchange(head.encode() + ORDER)
        assert response.startswith(b"HTTP/1.1 201"), response
        return response.partition(b"\r\n\r\n")[2]

    assert placed("bestellung-ü") == placed("bestellung-ü") != placed("bestellung-ö")


def test_raw_bytes_in_url_get_contract_responses(served: Served) -> None:
    token = served.token("jos\N{LATIN SMALL LETTER E WITH ACUTE}")
    head = "GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\r\n"

    listed = served.exchange(head.format("/orders/user/josé", token).encode())
    refused = served.exchange(head.format("/api/v1/orders/my-orders?limit=é", token).encode())

    assert listed.startswith(b"HTTP/1.1 200"), listed
    assert refused.startswith(b"HTTP/1.1 400"), refused
    assert b"x-request-id" in listed.lower()
