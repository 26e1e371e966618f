"""Servers of one run on private ports: PostgreSQL with full durability, Redis without persistence, and RabbitMQ."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psycopg
from tests.support.servers.discovery import Unavailable
from tests.support.servers.ephemeral import ThrowawayPostgres, ThrowawayRabbit, processes
from tests.support.servers.ephemeral.server import HOST, Throwaway, free_port
from tests.torture.servers import VolatileRedis

START_SECONDS = 60
STOP_SECONDS = 20


class DurablePostgres(ThrowawayPostgres):
    """PostgreSQL with its own settings: every commit waits for the disk."""

    def command(self) -> Sequence[str]:
        return [*super().command(), "--fsync=on", "--shared_buffers=256MB", "--max_wal_size=4GB"]


@dataclass(frozen=True, kw_only=True)
class Servers:
    """The servers of a run; ``rabbit`` is None if it is not installed."""

    postgres: ThrowawayPostgres
    redis: VolatileRedis
    rabbit: ThrowawayRabbit | None

    @property
    def versions(self) -> str:
        named = {"PostgreSQL": self.postgres, "Redis": self.redis, "RabbitMQ": self.rabbit}
        return ", ".join(f"{name} {server.version()}" for name, server in named.items() if server)

    def database_url(self, name: str) -> str:
        return f"postgresql://postgres@{HOST}:{self.postgres.port}/{name}"

    def create_database(self, name: str) -> None:
        with psycopg.connect(self.database_url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")


def pid_of(server: Throwaway) -> int | None:
    return server._process.pid if server._process else None


@contextmanager
def started() -> Iterator[Servers]:
    """Start the servers side by side; the end of the block stops them and removes their data."""
    with ExitStack() as stack, ThreadPoolExecutor(3) as pool:
        postgres = pool.submit(stack.enter_context, DurablePostgres())
        redis = pool.submit(stack.enter_context, VolatileRedis())
        rabbit = pool.submit(_rabbit, stack)
        try:
            yield Servers(postgres=postgres.result(), redis=redis.result(), rabbit=rabbit.result())
        finally:
            for start in (postgres, redis, rabbit):
                start.exception()  # a server must not start while it is being stopped


def _rabbit(stack: ExitStack) -> ThrowawayRabbit | None:
    with suppress(Unavailable):
        return stack.enter_context(ThrowawayRabbit())
    return None


class Program:
    """A program that serves HTTP at a port of its own, as ``with Program(...) as program``."""

    def __init__(
        self, module: str, *words: str, directory: Path, environment: Mapping[str, str], path: str = "/healthz"
    ) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", module, *words, "--port", str(self.port)]
        self._log = directory / f"{self.port}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, env=os.environ | environment, stdout=log, stderr=log, start_new_session=True
            )
        self._path = path

    def get_pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError), urllib.request.urlopen(f"http://{HOST}:{self.port}{self._path}", timeout=2):
                return self
            time.sleep(0.05)
        self.__exit__()
        raise RuntimeError(f"A program has not started: {self._log.read_text(errors='replace')[-2000:]}")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        processes.kill(self._process)
