"""`orders serve` at SIGTERM: it finishes requests, or first drains for a time, if so configured."""

import http.client
import json
import time
from contextlib import closing
from pathlib import Path

from tests.support.server import Served
from tests.support.servers.ephemeral.server import HOST

DELAY = 3  # seconds
PRODUCTS = "/api/v1/products/"


def test_drain_serves_and_closes_connections(tmp_path: Path) -> None:
    with Served(tmp_path, SHUTDOWN_DELAY_SECONDS=str(DELAY)) as served, closing(connect(served)) as opened:
        token = {"Authorization": f"Bearer {served.token('ann')}"}
        assert ask(opened, "/readyz")[:2] == (200, None)
        for _ in range(2):  # as a supervisor does that signals all processes
            served.process.terminate()
        began = time.monotonic()
        while ask(opened, "/readyz")[0] == 200:
            assert time.monotonic() - began < DELAY
        status, connection, body = ask(opened, "/readyz")
        assert (status, connection, json.loads(body)["status"]) == (503, "close", "stopping")
        for path in (PRODUCTS, "/healthz"):
            assert ask(opened, path, **token)[:2] == (200, "close")

        assert served.process.wait(DELAY + 20) == 0
        assert time.monotonic() - began >= DELAY
        assert served.output.count("drain.started") == 1


def test_sigint_ends_the_drain(tmp_path: Path) -> None:
    with Served(tmp_path, SHUTDOWN_DELAY_SECONDS="300") as served:
        assert served.interrupt() == 0


def connect(served: Served) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(HOST, served.port, timeout=20)


def ask(connection: http.client.HTTPConnection, path: str, **headers: str) -> tuple[int, str | None, bytes]:
    """Status, the header Connection and the body."""
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    return response.status, response.getheader("Connection"), response.read()
