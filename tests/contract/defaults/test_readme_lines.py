"""The README's lines for production run as they stand, and accept no secret that a stranger may know."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orders_flask.production import PUBLISHED_SECRETS
from tests.contract.defaults.conftest import forged_by, status_of
from tests.support.command import environment
from tests.support.servers.ephemeral.server import free_port
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.servers.redis import RedisServer

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
SECRET_WORD = re.compile(r"[A-Za-z0-9_.$()-]*secret[A-Za-z0-9_.$()-]*")


def written_secrets() -> set[str]:
    """Every word of at least 32 bytes with "secret" in it, of the README, the documentation and the source."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.py")]
    words = {word for page in pages for word in SECRET_WORD.findall(page.read_text())}
    return {word for word in words if len(word) >= 32} | PUBLISHED_SECRETS


def production_lines() -> list[str]:
    (block,) = re.findall(r"## Production\n.*?```\n(.*?)```", README, re.DOTALL)
    lines: list[str] = block.splitlines()
    return lines


def addresses() -> list[str]:
    """A loopback address, and the address by which other machines reach this one, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return ["127.0.0.1"]
        return ["127.0.0.1", str(probe.getsockname()[0])]


def test_production_lines_refuse_known_secrets(
    tmp_path: Path, postgres_server: PostgresServer, redis_server: RedisServer, rabbitmq_server: RabbitServer
) -> None:
    """The lines run in a shell; only the three addresses and the port are those of this machine."""
    port = free_port()
    script = "\n".join(production_lines())
    for variable, address in {
        "DATABASE_URL": postgres_server.database(),
        "REDIS_URL": redis_server.url,
        "RABBITMQ_URL": rabbitmq_server.url,
    }.items():
        script, count = re.subn(rf"{variable}=\S+", f"{variable}={shlex.quote(address)}", script)
        assert count == 1
    script = script.replace("orders serve", f"exec orders serve --port {port}")
    names = {"NEW_ORDER_QUEUE": rabbitmq_server.name("readme"), "EVENTS_EXCHANGE": rabbitmq_server.name("readme-e")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    output = tmp_path / "output"
    with output.open("wb") as file:
        service = subprocess.Popen(
            ["sh", "-ec", script],
            cwd=tmp_path,
            env=environment(**names, REDIS_PREFIX=f"{redis_server.prefix}readme:") | {"PATH": path},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        wait_for(port, service, output)
        statuses = {
            status_of(f"http://{address}:{port}", token)
            for address in addresses()
            for token in forged_by(written_secrets())
        }
    finally:
        os.killpg(service.pid, signal.SIGTERM)
        service.wait(30)

    assert statuses == {401}, output.read_text()


def wait_for(port: int, service: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and service.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"The README's lines do not serve: {output.read_text()}")


def test_lines_without_a_secret_do_not_serve(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "orders_flask", "serve", "--host", "0.0.0.0"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ended.returncode == 1
    assert "JWT_SECRET must be set to listen on 0.0.0.0" in ended.stderr
