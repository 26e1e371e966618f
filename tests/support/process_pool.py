"""Process pool: `orders` processes forked from a process that has imported it, because an import takes a second."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import chdir
from functools import cache
from multiprocessing import forkserver
from pathlib import Path

PRELOADED = (
    "orders_flask.cli",
    "orders_flask.app",
    "orders_adapters.kafka.message_consumer",
    "orders_adapters.rabbitmq.message_consumer",
    "orders_adapters.rabbitmq.event_publisher",
    "orders_adapters.redis.order_cache",
    "orders_adapters.sql.migrate",
    "sqlalchemy.dialects.postgresql.psycopg",
    "orders_flask.bootstrap.persistence.sql",
    "tests.support.preloaded",
)
ROOT = Path(__file__).parents[2]

_nursery = multiprocessing.get_context("forkserver")
_nursery.set_forkserver_preload(list(PRELOADED))


class Forked:
    """`orders <words>` in a process and a session of its own, with the part of `subprocess.Popen` that tests use.

    `here` is its working directory. Its output is appended to the file `log`, its errors to `errors` if that is given.
    """

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        errors: Path | None = None,
        here: Path | None = None,
    ) -> None:
        outputs = (log, errors or log)
        for output in outputs:
            output.touch()
        _start_nursery()
        place = here or Path.cwd()
        self._process = _nursery.Process(target=_run, args=(list(words), dict(environment), outputs, place))
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if (status := self.poll()) is None:
            raise subprocess.TimeoutExpired("orders", timeout or 0)
        return status

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


@cache
def _start_nursery() -> None:
    """Start the process in the root of the project, from where it imports this package."""
    with chdir(ROOT):
        forkserver.ensure_running()


def _run(words: list[str], environment: dict[str, str], outputs: Sequence[Path], here: Path) -> None:
    """Become `python -m orders_flask <words>`."""
    from orders_flask.__main__ import main

    multiprocessing.set_start_method(None, force=True)  # for the processes that the service starts
    os.setsid()
    os.chdir(here)
    os.environ.clear()
    os.environ.update(environment)
    for stream, output in enumerate(outputs, start=1):
        os.dup2(os.open(output, os.O_CREAT | os.O_WRONLY | os.O_APPEND), stream)
    sys.argv = ["orders", *words]
    main()
