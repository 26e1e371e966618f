"""orders serve, orders relay"""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest
from flask import Flask

from orders_flask.app import container_of, create_app
from orders_flask.bootstrap.container import close
from orders_flask.settings import DEFAULT_MOUNTS
from tests.support.command import assert_error_line, environment, in_a_process, orders
from tests.support.process_pool import Forked
from tests.support.production import PRODUCTION
from tests.support.secrets import CART_SECRET, JWT_SECRET
from tests.support.servers.ephemeral import processes
from tests.support.servers.ephemeral.server import free_port

HOST = "127.0.0.1"


@pytest.fixture
def port() -> int:
    return free_port()


@contextmanager
def started(*arguments: str, here: Path, **settings: str) -> Iterator[Forked]:
    """Run the command during the block; its output goes to the file `output`."""
    (here / "output").unlink(missing_ok=True)
    process = Forked(arguments, environment(**settings), here / "output", here=here)
    try:
        yield process
    finally:
        processes.kill(process)


def answer(port: int, path: str = "/healthz", **headers: str) -> object:
    """The response of the service, as soon as it responds."""
    deadline = time.monotonic() + 30
    request = urllib.request.Request(f"http://{HOST}:{port}{path}", headers=headers)
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                return json.load(response)
        except (URLError, ConnectionError):
            assert time.monotonic() < deadline, "it does not start"
            time.sleep(0.05)


def written(here: Path) -> str:
    return (here / "output").read_text(errors="replace")


def to_all(process: int, number: signal.Signals) -> None:
    """Send the signal to the server and its worker, as a terminal does at Ctrl-C."""
    os.killpg(process, number)


@pytest.mark.parametrize(
    ("number", "send_signal"),
    [
        (signal.SIGINT, to_all),
        (signal.SIGTERM, os.kill),
        pytest.param(signal.SIGINT, os.kill, marks=pytest.mark.deep),
        pytest.param(signal.SIGTERM, to_all, marks=pytest.mark.deep),
    ],
)
def test_serve_warns_once_responds_and_stops_on_signal(
    tmp_path: Path, port: int, number: signal.Signals, send_signal: Callable[[int, signal.Signals], None]
) -> None:
    with started("serve", "--port", str(port), here=tmp_path, ORDERS_MOUNT="x") as process:
        token = orders("token", "ann", here=tmp_path).stdout.strip()
        assert answer(port) == {"status": "ok"}
        assert answer(port, "/orders/user/ann", Authorization=f"Bearer {token}") == []

        send_signal(process.pid, number)
        status = process.wait(10)

    assert status == 0
    assert f"http://127.0.0.1:{port}" in written(tmp_path)
    assert "Traceback" not in written(tmp_path)
    (warning,) = [line for line in written(tmp_path).splitlines() if "ORDERS_MOUNT " in line]
    assert json.loads(warning)["event"] == "settings.unrecognized"


def test_interrupt_of_all_processes_ends_the_drain(tmp_path: Path, port: int) -> None:
    with started("serve", "--port", str(port), here=tmp_path, SHUTDOWN_DELAY_SECONDS="60") as process:
        assert answer(port) == {"status": "ok"}

        to_all(process.pid, signal.SIGINT)

        assert process.wait(10) == 0
    assert "Traceback" not in written(tmp_path)


def test_worker_that_starts_stops_on_signal(tmp_path: Path, port: int) -> None:
    with started("serve", "--port", str(port), here=tmp_path) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not children.read_text():
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGTERM)

        assert process.wait(10) == 0  # instead of 15 s


@pytest.mark.parametrize(
    ("host", "address", "shown"),
    [("localhost", HOST, "localhost"), ("::1", "::1", "[::1]"), ("::", HOST, "[::]")],
)
def test_serve_accepts_names_and_ipv6_addresses(tmp_path: Path, port: int, host: str, address: str, shown: str) -> None:
    secrets = {"JWT_SECRET": JWT_SECRET, "CART_SNAPSHOT_SECRET": CART_SECRET}
    with started("serve", "--port", str(port), "--host", host, here=tmp_path, **secrets):
        deadline = time.monotonic() + 30
        while True:
            try:
                with socket.create_connection((address, port), timeout=5) as connection:
                    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    response = connection.recv(4096)
                break
            except OSError:
                assert time.monotonic() < deadline, written(tmp_path)
                time.sleep(0.05)

    assert response.startswith(b"HTTP/1.1 200"), written(tmp_path)
    assert f"Serving http://{shown}:{port}," in written(tmp_path)


ITS_THREADS = """
import os, sys
import orders_flask.__main__
from orders_flask.web.admission import server
def look(**_):
    from orders_flask.asgi import app
    print("threads:", app._requests.executor._max_workers, flush=True)
    os._exit(0)
server.serve = look
orders_flask.__main__.main()
"""


@pytest.mark.parametrize(("options", "threads"), [pytest.param((), 8, marks=pytest.mark.deep), (("--threads", "3"), 3)])
def test_thread_count_follows_the_option(tmp_path: Path, port: int, options: tuple[str, ...], threads: int) -> None:
    command = [sys.executable, "-c", ITS_THREADS, "serve", "--port", str(port), *options]

    ended = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60)

    assert ended.stdout == f"threads: {threads}\n", ended.stderr


def test_embedded_relay_sends_unless_disabled(tmp_path: Path, port: int) -> None:
    token = orders("token", "ann", here=tmp_path).stdout.strip()
    with started("serve", "--port", str(port), "--no-relay", here=tmp_path):
        answer(port)
        place(port, token)
        time.sleep(0.7)
        before = waiting(tmp_path)

    with started("serve", "--port", str(port), here=tmp_path):
        answer(port)
        deadline = time.monotonic() + 10
        while (after := waiting(tmp_path)) and time.monotonic() < deadline:
            time.sleep(0.05)

    assert (before, after) == (1, 0)


def waiting(here: Path) -> int:
    """The number of events that are not sent yet."""
    return len(orders("outbox", "list", "--state", "waiting", here=here).stdout.splitlines())


def place(port: int, token: str) -> None:
    body = json.dumps({"items": [{"sku": "tea"}], "total_price": 1}).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://{HOST}:{port}/orders/", data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=5) as placed:
        assert placed.status == 201


@pytest.fixture
def never_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevent a server start within this process if the command is not rejected."""
    monkeypatch.setattr("orders_flask.web.admission.server.serve", lambda **_: pytest.fail("It serves."))


@pytest.mark.usefixtures("never_served")
def test_occupied_port_is_an_error(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = str(listener.getsockname()[1])

        ended = orders("serve", "--port", port, here=tmp_path)

    assert_error_line(ended, f"{HOST}:{port}", "Use another port with --port.")


def test_unknown_host_is_an_error(tmp_path: Path) -> None:
    assert_error_line(orders("serve", "--host", "192.0.2.1", "--port", "8000", here=tmp_path), "192.0.2.1")


@pytest.mark.usefixtures("never_served")
@pytest.mark.parametrize("settings", [{}, {"DATABASE_URL": "memory://"}])
def test_workers_need_shared_stores(tmp_path: Path, settings: dict[str, str]) -> None:
    assert_error_line(orders("serve", "--workers", "2", here=tmp_path, **settings), "workers", "REDIS_URL")


@pytest.mark.usefixtures("never_served")
@pytest.mark.parametrize("path", ["shop", "//evil.example", "/..", "/api/v1", "/docs", "/orders"])
def test_root_path_must_be_valid_and_unambiguous(tmp_path: Path, path: str) -> None:
    assert_error_line(orders("serve", "--root-path", path, here=tmp_path), "--root-path")


BAD = {
    "ORDERS_ENV": "production",
    "ORDERS_MOUNTS": "store=/a",
    "DATABASE_URL": "postgresql://[::1/x",
    "REDIS_URL": "redis://localhost:port",
    "RABBITMQ_URL": "amqp://localhost:port",
    "JWT_PUBLIC_KEY": "not a key",
    "JWT_SECRET": "short",
}


@pytest.mark.usefixtures("never_served")
@pytest.mark.parametrize(("variable", "value"), BAD.items())
def test_invalid_setting_stops_startup(tmp_path: Path, port: int, variable: str, value: str) -> None:
    named = "JWT_SECRET" if variable == "ORDERS_ENV" else variable

    ended = orders("serve", "--port", str(port), here=tmp_path, **{variable: value})

    assert_error_line(ended, named)


def test_startup_error_has_no_traceback(tmp_path: Path, port: int) -> None:
    ended = in_a_process("serve", "--port", str(port), here=tmp_path, JWT_SECRET="short")

    assert_error_line(ended, "JWT_SECRET")


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.deep), signal.SIGTERM])
def test_relay_warns_and_stops_on_signal(migrated: Path, number: signal.Signals) -> None:
    with started("relay", here=migrated, ORDERS_MOUNT="x") as process:
        deadline = time.monotonic() + 20
        while "Ctrl-C" not in written(migrated) and time.monotonic() < deadline:
            time.sleep(0.05)

        process.send_signal(number)
        status = process.wait(10)

    assert status == 0
    assert "ORDERS_MOUNTS?" in written(migrated)  # the misspelt setting
    assert "Traceback" not in written(migrated)


DEMONSTRATED = [
    (DEFAULT_MOUNTS, ["/auth/login", "/api/v1/orders/", "/orders/user/ann", "/orders/"]),
    ("orders=/v2/orders,/orders management=/shop/orders", ["/shop/orders/", "/v2/orders/user/ann", "/v2/orders/"]),
    ("ostore=/orders", ["/auth/login"]),
    ("checkout=/orders", []),
]


def shown_by(guide: str) -> list[str]:
    """The shell commands in the output."""
    return [line.strip() for line in guide.splitlines() if line.strip().startswith("curl")]


def test_demo_prints_working_shell_commands(tmp_path: Path, port: int) -> None:
    with started("demo", "--port", str(port), here=tmp_path, DEMO_ORDERS="0") as process:
        answer(port)
        statuses = [
            subprocess.run(
                f"{line} -o /dev/null -w '%{{http_code}}'", shell=True, capture_output=True, text=True
            ).stdout
            for line in shown_by(written(tmp_path))
        ]
        process.send_signal(signal.SIGINT)
        status = process.wait(10)

    assert statuses == ["200"] * 4
    assert status == 0


@pytest.mark.parametrize(("mounts", "paths"), DEMONSTRATED)
def test_demo_prints_commands_for_mounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port: int, mounts: str, paths: list[str]
) -> None:
    monkeypatch.setattr("orders_flask.web.admission.server.serve", lambda **_: None)
    ended = orders("demo", "--port", str(port), here=tmp_path, ORDERS_MOUNTS=mounts)
    commands = shown_by(ended.stdout)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ORDERS_MOUNTS", mounts)
    app = create_app()
    statuses = [status_of(app, command) for command in commands]
    close(container_of(app))

    assert ended.returncode == 0, ended
    for command, path in zip(commands, paths, strict=True):
        assert f"http://127.0.0.1:{port}{path}" in command
    assert statuses == [200] * len(paths)


def status_of(app: Flask, command: str) -> int:
    """The status code of the response to a curl command."""
    options = iter(shlex.split(command)[1:])
    method, url, headers, data = "GET", "", [], None
    for option in options:
        match option:
            case "-s":
                pass
            case "-X":
                method = next(options)
            case "-H":
                headers.append(tuple(next(options).split(": ", 1)))
            case "-d":
                data = next(options)
            case _:
                url = option
    return app.test_client().open(urlsplit(url).path, method=method, headers=headers, data=data).status_code


def test_demo_is_rejected_in_production(tmp_path: Path) -> None:
    ended = orders("demo", here=tmp_path, **PRODUCTION)

    assert_error_line(ended, "production")
