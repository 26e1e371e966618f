"""Other servers run the service, with the command lines of docs/howto/run-on-another-server.md.

Each is started with the relay on: all concurrent requests are answered, and all events are published.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from urllib.error import URLError

import pika
import pytest

from tests.support.command import environment, orders
from tests.support.depth import deep, effort
from tests.support.report import for_want_of
from tests.support.servers.discovery import Unavailable
from tests.support.servers.ephemeral.server import HOST, free_port
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.rabbitmq import RabbitServer

PAGE = Path(__file__).parents[2] / "docs/howto/run-on-another-server.md"
ORDERS = effort(20, 200)
SECRET = "s" * 32
BODY = {"items": [{"sku": "TEA-1", "quantity": 2, "unit_price": 37.5}], "total_price": 75}
POLL_SECONDS = 0.2
QUICK = "gunicorn --workers 2 --threads"  # which forks after the import; the others run in `make deep`


def command_lines() -> list[str]:
    """The command line of each server, without line continuations."""
    blocks = PAGE.read_text().replace("\\\n", " ").split("```")[1::2]
    lines = [" ".join(line.split()) for block in blocks for line in block.splitlines()[1:]]
    return [line for line in lines if "orders_flask.wsgi" in line or "orders_flask.asgi" in line]


LINES = [line for line in command_lines() if deep() or line.startswith(QUICK)]


class Running:
    """A server with a database and a queue of its own."""

    def __init__(self, line: str, folder: Path, settings: dict[str, str], queue: str) -> None:
        self.line, self.queue, self._folder = line, queue, folder
        self.port = free_port()
        _, *arguments = shlex.split(line.replace("8000", str(self.port)))
        folder.mkdir()
        self._output = (folder / "output").open("wb")
        self._process = subprocess.Popen(
            [program_of(line), *arguments],
            cwd=folder,
            env=environment(**settings, HOME=str(folder)),
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,
        )

    def request(self, path: str, body: object = None, token: str = "") -> int:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"http://{HOST}:{self.port}{path}", data=data, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            return int(response.status)

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                self.request("/healthz")
                return
            except (URLError, OSError):
                assert self._process.poll() is None, self.output
                assert time.monotonic() < deadline, self.output
                time.sleep(POLL_SECONDS)

    @property
    def output(self) -> str:
        return f"{self.line}\n" + (self._folder / "output").read_text(errors="replace")[-3000:]

    def files_at_home(self) -> list[str]:
        """The files in its home and working directory, of which it needs none."""
        return sorted(file.name for file in self._folder.iterdir())

    def close(self) -> None:
        if self._output.closed:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(5)
        self._output.close()


def program_of(line: str) -> str:
    """Return the path of a server's program.

    Raises:
        Unavailable: it is not installed.
    """
    name = line.partition(" ")[0]
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise Unavailable(f"{name} is not installed")
    return found


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer, rabbitmq_server: RabbitServer
) -> Iterator[dict[str, Running]]:
    """All servers, started at once."""
    folder = tmp_path_factory.mktemp("servers")
    url = postgres_server.database()
    with ExitStack() as until:
        until.callback(postgres_server.drop, url)
        running = dict[str, Running]()
        for number, line in enumerate(LINES):
            queue = rabbitmq_server.name(f"server-{number}")
            schema = f"server_{number}"
            settings = {
                "DATABASE_URL": url.replace("+psycopg", ""),
                "DATABASE_SCHEMA": schema,
                "RABBITMQ_URL": rabbitmq_server.url,
                "NEW_ORDER_QUEUE": queue,
                "EVENTS_EXCHANGE": f"{queue}-events",
                "ORDER_EVENTS_EXCHANGE": f"{queue}-order-events",
                "JWT_SECRET": SECRET,
                "ORDERS_RELAY": "on",
            }
            with suppress(Unavailable):
                program_of(line)
                assert orders("migrate", here=folder, **settings).returncode == 0
                running[line] = Running(line, folder / str(number), settings, queue)
                until.callback(running[line].close)
        for server in running.values():
            server.wait()
        yield running


@pytest.mark.parametrize("line", LINES, ids=lambda line: "-".join(line.split()[:2]))
def test_every_order_is_answered_and_published(
    line: str, servers: dict[str, Running], rabbitmq_server: RabbitServer, tmp_path: Path
) -> None:
    if line not in servers:
        for_want_of(line.partition(" ")[0], why="it is not installed")
    server, token = servers[line], orders("token", "ada", here=tmp_path, JWT_SECRET=SECRET).stdout.strip()

    with ThreadPoolExecutor(8) as clients, closing(server):  # all at once need more connections than PostgreSQL has
        placed = [clients.submit(server.request, "/orders/", BODY, token) for _ in range(ORDERS)]

        assert [answer.result() for answer in placed] == [201] * ORDERS, server.output
        assert server.files_at_home() == ["output"]
        with rabbitmq_server.channel() as channel:
            assert _messages(channel, server.queue, ORDERS) == ORDERS, server.output


def _messages(channel: pika.adapters.blocking_connection.BlockingChannel, queue: str, wanted: int) -> int:
    deadline = time.monotonic() + 30
    while True:
        count = int(channel.queue_declare(queue, passive=True).method.message_count)
        if count >= wanted or time.monotonic() > deadline:
            return count
        time.sleep(POLL_SECONDS)
