"""Workers by the dozen: processes that run `orders relay`, or another command, without a second of imports each."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.contract.faults.service import Service, within

PROGRAM = """
import os, signal, sys
import orders_adapters.rabbitmq.publisher, orders_adapters.redis.cache, orders_adapters.sql.migrate
import psycopg, sqlalchemy.dialects.postgresql.psycopg
from orders_flask.cli import main

command = sys.argv[1]
relays = []
for log in sys.stdin:
    relays.append(os.fork())
    if relays[-1] == 0:
        for stream in (1, 2):
            os.dup2(os.open(log.strip(), os.O_CREAT | os.O_WRONLY | os.O_APPEND), stream)
        sys.argv = ["orders", command]
        os._exit(main() or 0)
    print(relays[-1], flush=True)
for relay in relays:  # whoever began them is gone, or has had enough
    if os.waitpid(relay, os.WNOHANG) == (0, 0):
        os.kill(relay, signal.SIGKILL)
"""


class Relay:
    """One relay process, or another worker's."""

    def __init__(self, pid: int, log: Path, says: str) -> None:
        self._pid, self._log, self._says = pid, log, says

    def wait_until_it_works(self) -> None:
        within(20, lambda: self._log.exists() and self._says in self._log.read_text(), "the relay does not begin")

    def kill(self) -> None:
        """kill -9; it is gone when this returns."""
        os.kill(self._pid, signal.SIGKILL)
        within(20, lambda: not self._lives, "the relay does not die")
        assert "Traceback" not in self._log.read_text(), self._log.read_text()[:4000]

    @property
    def _lives(self) -> bool:
        with suppress(OSError):
            return "\nState:\tZ" not in Path(f"/proc/{self._pid}/status").read_text()
        return False


class Nursery:
    """`with Nursery(service) as nursery: relay = nursery.begin()`; leaving the block kills those that are left."""

    def __init__(self, service: Service, *, command: str = "relay", says: str = "Relaying") -> None:
        self._service, self._command, self._says = service, command, says

    def begin(self) -> Relay:
        log = self._service.directory / f"relay-{time.monotonic_ns()}.log"
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{log}\n")
        self._process.stdin.flush()
        return Relay(int(self._process.stdout.readline()), log, self._says)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, self._command],
            env=self._service.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=20)
