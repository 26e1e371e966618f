"""Examples of embedding in docs/howto: each is a complete service, run behind a socket, and killed between two rows."""

import json
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import pytest
from sqlalchemy import create_engine, text

from tests.support.command import environment
from tests.support.report import for_want_of
from tests.support.servers.ephemeral.server import HOST, free_port
from tests.support.servers.postgresql import PostgresServer

HOWTO = Path(__file__).parents[2] / "docs" / "howto"
FRAMEWORKS = Path(sys.prefix) / "examples"  # where make installs requirements/examples.txt
EXAMPLES = [
    ("embed-in-fastapi.md", "asgi", "sqlite"),
    pytest.param(("embed-in-fastapi.md", "asgi", "postgresql"), marks=pytest.mark.deep),
    ("embed-in-django.md", "wsgi", "postgresql"),
]
TEA = {"sku": "TEA-1", "quantity": 2, "unit_price": 37.5}
BODY = {"items": [TEA], "total_price": 75, "card": "visa"}
PLACE = f"""
import asyncio, json, os, signal, sys
import app

real, body = app.place_order, {json.dumps(BODY)}

def place_order(*arguments, **ports):
    if moment == "between their row and the order":
        os.kill(os.getpid(), signal.SIGKILL)
    order = real(*arguments, **ports)
    if moment == "between the order and the commit":
        os._exit(9)
    if moment == "never, but their code raises":
        raise ZeroDivisionError
    return order

def place():
    if hasattr(app, "lifespan"):
        async def start():
            async with app.lifespan(app.app):
                app.place(app.NewOrder(**body), "ann")
        asyncio.run(start())
    else:
        from django.test import RequestFactory
        app.place(RequestFactory().post("/orders", json.dumps(body), "application/json", headers={{"X-User": "ann"}}))

app.place_order = place_order
if hasattr(app, "connection"):
    app.connection.close()  # processes must not share a connection
app.engine.dispose()
for line in sys.stdin:
    moment = line.strip()
    if child := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    else:
        place()
        sys.exit(0)
"""
"""Each line of standard input is the moment at which a process that places one order ends; its status is printed."""
COUNT = "SELECT (SELECT count(*) FROM payments), (SELECT count(*) FROM {0}orders), (SELECT count(*) FROM {0}outbox)"


def example_of(page: str) -> str:
    return textwrap.dedent((HOWTO / page).read_text().partition("    ```python\n")[2].partition("    ```\n")[0])


@dataclass(frozen=True, kw_only=True)
class Example:
    """A service in a folder of its own, and its database."""

    folder: Path
    interface: str
    database: str
    variables: dict[str, str]

    @property
    def stored(self) -> tuple[int, ...]:
        """The numbers of payments, orders and events."""
        engine = create_engine(self.database)
        schema = "" if self.interface == "asgi" else "orders."
        with engine.connect() as connection:
            counts = connection.execute(text(COUNT.format(schema))).one()
        engine.dispose()
        return tuple(counts)


@pytest.fixture(params=EXAMPLES, ids=["fastapi-sqlite", "fastapi-postgresql", "django-postgresql"], scope="module")
def example(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer
) -> Example:
    page, interface, backend = request.param
    if not FRAMEWORKS.exists():
        for_want_of("frameworks", why=f"make installs requirements/examples.txt into {FRAMEWORKS}")
    folder = tmp_path_factory.mktemp("embedded")
    (folder / "app.py").write_text(example_of(page))
    database = f"sqlite:///{folder / 'shop.db'}" if backend == "sqlite" else postgres_server.database()
    url = database.replace("+psycopg", "")
    variables = environment(DATABASE_URL=url, PYTHONPATH=str(FRAMEWORKS))
    return Example(folder=folder, interface=interface, database=database, variables=variables)


@pytest.fixture(scope="module")
def address(example: Example) -> Iterator[str]:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        example.interface,
        "--host",
        HOST,
        "--port",
        str(port),
        "app:app",
    ]
    with (example.folder / "output").open("wb") as output:
        process = subprocess.Popen(command, cwd=example.folder, env=example.variables, stdout=output, stderr=output)
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


def test_embedded_order_is_placed_and_hidden(address: str, example: Example) -> None:
    status, placed = ask(f"{address}/orders", user="ann", body=BODY)
    before = example.stored

    assert (status, placed["status"], placed["total"]) == (201, "PENDING", 75.0)
    assert ask(f"{address}/orders/{placed['id']}", user="ann") == (200, placed)
    assert ask(f"{address}/orders/{placed['id']}", user="bob")[0] == 404
    assert ask(f"{address}/orders", user="ann", body=BODY | {"total_price": 74})[0] == 422
    assert example.stored == before  # the payment of the rejected order was rolled back


@pytest.fixture(scope="module")
def place(example: Example) -> Iterator[Callable[[str], int]]:
    """Place an order in a process that ends at a moment, and return its exit status.

    The processes are forked from one that has imported the example, because an import takes a second.
    """
    with subprocess.Popen(
        [sys.executable, "-c", PLACE],
        cwd=example.folder,
        env=example.variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        requests, statuses = process.stdin, process.stdout

        def place(moment: str) -> int:
            print(moment, file=requests, flush=True)
            return int(statuses.readline())

        assert place("never") == 0
        yield place


@pytest.mark.parametrize(
    ("moment", "ending"),
    [
        ("between the order and the commit", 9),
        pytest.param("between their row and the order", -signal.SIGKILL, marks=pytest.mark.deep),
        pytest.param("never, but their code raises", 1, marks=pytest.mark.deep),
    ],
)
def test_crash_leaves_both_rows_or_neither(
    example: Example, place: Callable[[str], int], moment: str, ending: int
) -> None:
    before = example.stored
    assert before[0] == before[1] == before[2] > 0

    assert place(moment) == ending

    assert example.stored == before
    assert place("never") == 0
    assert example.stored == tuple(count + 1 for count in before)
