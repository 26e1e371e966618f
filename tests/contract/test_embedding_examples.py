"""Examples of embedding in docs/howto: each is a complete service, run behind a socket."""

import json
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import pytest

from tests.support.command import environment
from tests.support.report import for_want_of
from tests.support.servers.ephemeral.server import HOST, free_port

HOWTO = Path(__file__).parents[2] / "docs" / "howto"
FRAMEWORKS = Path(sys.prefix) / "examples"  # where make installs requirements/examples.txt
EXAMPLES = [("embed-in-fastapi.md", "asgi"), ("embed-in-django.md", "wsgi")]


def example_of(page: str) -> str:
    return textwrap.dedent((HOWTO / page).read_text().partition("    ```python\n")[2].partition("    ```\n")[0])


@pytest.fixture(params=EXAMPLES, ids=["fastapi", "django"], scope="module")
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    page, interface = request.param
    if not FRAMEWORKS.exists():
        for_want_of("frameworks", why=f"make installs requirements/examples.txt into {FRAMEWORKS}")
    folder, port = tmp_path_factory.mktemp("embedded"), free_port()
    (folder / "app.py").write_text(example_of(page))
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        interface,
        "--host",
        HOST,
        "--port",
        str(port),
        "app:app",
    ]
    variables = environment(DATABASE_URL=f"sqlite:///{folder / 'shop.db'}", PYTHONPATH=str(FRAMEWORKS))
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=output, stderr=output)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        process.terminate()
        process.wait(20)


def ask(url: str, *, user: str, body: object = None) -> tuple[int, Any]:
    """Send a request; retry until the service listens."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"X-User": user, "Content-Type": "application/json"}
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10) as response:
                return response.status, json.load(response)
        except HTTPError as error:
            return error.code, json.load(error)
        except URLError:
            assert time.monotonic() < deadline, "the example does not listen"
            time.sleep(0.1)


def test_embedded_order_is_placed_and_hidden(address: str) -> None:
    tea = {"sku": "TEA-1", "quantity": 2, "unit_price": 37.5}

    status, placed = ask(f"{address}/orders", user="ann", body={"items": [tea], "total_price": 75})

    assert (status, placed["status"], placed["total"]) == (201, "PENDING", 75.0)
    assert ask(f"{address}/orders/{placed['id']}", user="ann") == (200, placed)
    assert ask(f"{address}/orders/{placed['id']}", user="bob")[0] == 404
    assert ask(f"{address}/orders", user="ann", body={"items": [tea], "total_price": 74})[0] == 422
