"""The demonstration, and a server of pages of another origin."""

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Served

HERE = Path(__file__).parent


class Pages(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def pages() -> Iterator[int]:
    """The port of a server of this folder's pages, on 127.0.0.1."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Pages, directory=str(HERE))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module")
def demonstration(pages: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`orders demo`, which lets the pages of 127.0.0.1 in, and those of localhost not."""
    origins = f"http://127.0.0.1:{pages}"
    with Served(tmp_path_factory.mktemp("demo"), command="demo", CORS_ORIGINS=origins) as served:
        yield served


def password(demonstration: Served) -> str:
    """The password that the demonstration shows."""
    found = re.search(r"with the password (\w+)", demonstration.output)
    assert found, demonstration.output
    return found[1]
