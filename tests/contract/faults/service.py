"""Service under test: its infrastructure, and its processes, which tests kill."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Self

from orders_adapters.redis.order_cache import RedisOrderCache
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.store_identity import SqlStoreIdentity
from orders_domain.model.accounts.actor import Role
from orders_flask import bootstrap
from orders_flask.settings import Settings
from tests.support.command import orders
from tests.support.process_pool import Forked
from tests.support.secrets import CART_SECRET, JWT_SECRET
from tests.support.servers.ephemeral import processes
from tests.support.servers.ephemeral.server import HOST, free_port
from tests.support.shop import DatabaseShop


@dataclass(frozen=True, kw_only=True)
class Service:
    """The addresses and names of the infrastructure."""

    database_url: str
    redis_url: str
    redis_prefix: str
    rabbitmq_url: str
    name: str  # of the task queue
    exchange: str  # a different name, because a Celery worker declares an exchange with the name of its queue
    directory: Path
    more: Mapping[str, str] = field(default_factory=dict)  # further settings

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | self.settings

    @property
    def settings(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "REDIS_PREFIX": self.redis_prefix,
            "RABBITMQ_URL": self.rabbitmq_url,
            "NEW_ORDER_QUEUE": self.name,
            "EVENTS_EXCHANGE": self.exchange,
            "LOG_FORMAT": "json",
            "JWT_SECRET": JWT_SECRET,
            "CART_SNAPSHOT_SECRET": CART_SECRET,
            **self.more,
        }

    def token(self, subject: str) -> str:
        settings = Settings(jwt_secret=JWT_SECRET)
        return bootstrap.issue_dev_token(settings, subject=subject, role=Role.CUSTOMER, scopes=(), seconds=3600)

    def run(self, *words: str) -> str:
        """Run `orders <words>`; return its output."""
        done = orders(*words, here=self.directory, **self.settings)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def begin(self, *words: str) -> "Process":
        log = self.directory / f"{words[0]}-{time.monotonic_ns()}.log"
        return Process(Forked(words, self.environment, log), log)

    @contextmanager
    def relay(self) -> Iterator["Process"]:
        """A running relay."""
        with self.begin("relay") as relay:
            relay.wait_until_logged("Relaying")
            yield relay

    @contextmanager
    def serve(self, *options: str) -> Iterator["Web"]:
        """A web server that responds."""
        port = free_port()
        with self.begin("serve", "--port", str(port), *options) as process:
            web = Web(process=process, port=port)
            web.wait_until_up()
            yield web


class Process:
    """A command that runs until the block ends, or until it is killed. It must not log a traceback."""

    def __init__(self, process: Forked | subprocess.Popen[bytes], log: Path) -> None:
        self._process, self._log = process, log
        log.touch()

    def kill(self) -> None:
        """Send SIGKILL to the process and its children."""
        processes.kill(self._process)

    def terminate(self) -> None:
        """Send SIGTERM and return immediately."""
        self._process.terminate()

    def kill_alone(self) -> list[int]:
        """Send SIGKILL to the process only; return its children."""
        children = processes.descendants(self._process.pid)
        self._process.kill()
        self._process.wait(10)
        return children

    def wait_until_logged(self, word: str) -> None:
        within(20, lambda: word in self.output, f"the process does not say {word!r}")

    @property
    def children(self) -> list[int]:
        """The child processes."""
        return processes.descendants(self._process.pid)

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.runs:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        if kind is None:
            assert "Traceback" not in self.output, self.output[self.output.index("Traceback") :][:4000]


@dataclass(frozen=True, kw_only=True)
class Web:
    """A web server process and its port."""

    process: Process
    port: int

    def kill(self) -> None:
        self.process.kill()

    def wait_until_up(self) -> None:
        within(20, self.responds, "the service does not come up")

    def responds(self) -> bool:
        connection = HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def within(seconds: float, holds: Callable[[], bool], otherwise: str) -> None:
    """Return when the condition holds; fail after the timeout."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{otherwise} within {seconds} s"
        time.sleep(0.02)


@contextmanager
def shop_of(service: Service, *, redis_url: str | None = None) -> Iterator[DatabaseShop]:
    """The use cases in this process, as a web process runs them, with separate connections."""
    engine = engines.create(service.database_url)
    identity = SqlStoreIdentity(engine).get
    cache = RedisOrderCache(redis_url or service.redis_url, prefix=service.redis_prefix, identity=identity)
    try:
        yield DatabaseShop(engine, cache=cache)
    finally:
        cache.close()
        engine.dispose()
