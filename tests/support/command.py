"""Runner of the command `orders` in a separate directory, with only the given settings."""

import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from subprocess import TimeoutExpired
from tempfile import TemporaryDirectory
from unittest import mock

from sqlalchemy import Connection, Engine, event

from orders_flask import cli
from tests.support.process_pool import Forked

OURS = (
    "ORDERS_",
    "CART_",
    "CATALOG_",
    "CELERY_",
    "SHIPMENT_",
    "DATABASE_",
    "REDIS_",
    "RABBITMQ_",
    "JWT_",
    "DEFAULT_CURRENCY",
    "LOG_",
    "TOKEN_",
    "TRUSTED_",
    "NEW_ORDER",
    "EVENTS_",
    "KAFKA_",
    "NOTIF",
    "SMTP_",
    "TRACKING_",
    "PAYMENTS_",
)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The result of a command."""

    returncode: int
    stdout: str
    stderr: str


def environment(**settings: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | settings


def orders(*arguments: str, here: Path, given: str = "", **settings: str) -> Ended:
    """Run `orders` within this process, with `given` on standard input, because a new process takes a second."""
    stdin = TextIOWrapper(BytesIO(given.encode("utf-8", "surrogateescape")), encoding="utf-8")
    stdout, stderr = (TextIOWrapper(BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    with ExitStack() as around:
        around.enter_context(mock.patch.dict(os.environ, environment(**settings), clear=True))
        around.enter_context(mock.patch.object(sys, "argv", ["orders", *arguments]))
        around.enter_context(chdir(here))
        around.enter_context(_engines_disposed())
        around.enter_context(mock.patch.object(sys, "stdin", stdin))
        around.enter_context(redirect_stdout(stdout))
        around.enter_context(redirect_stderr(stderr))
        status = _status()
    return Ended(returncode=status, stdout=_written(stdout), stderr=_written(stderr))


def _written(stream: TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def _status() -> int:
    """The exit status as the interpreter sets it: an uncaught exception gives a traceback and status 1."""
    try:
        cli.main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except Exception:  # noqa: BLE001 - any at all
        traceback.print_exc()
        return 1
    return 0


@contextmanager
def _engines_disposed() -> Iterator[None]:
    """Dispose of the engines, because the process does not end after the command."""
    used: list[Engine] = []

    def record(connection: Connection) -> None:
        used.append(connection.engine)

    event.listen(Engine, "engine_connect", record)
    try:
        yield
    finally:
        event.remove(Engine, "engine_connect", record)
        for engine in used:
            engine.dispose()


def in_a_process(*arguments: str, here: Path, **settings: str) -> Ended:
    """Run `orders` in a separate process."""
    return run_forked(arguments, environment(**settings), here=here, seconds=60)


def run_forked(words: Sequence[str], environment: Mapping[str, str], *, here: Path, seconds: float) -> Ended:
    """Run `orders <words>` in a separate process, in exactly this environment."""
    with TemporaryDirectory() as folder:
        stdout, stderr = Path(folder) / "stdout", Path(folder) / "stderr"
        process = Forked(words, environment, stdout, errors=stderr, here=here)
        try:
            status = process.wait(seconds)
        except TimeoutExpired:
            process.kill()
            raise
        return Ended(returncode=status, stdout=stdout.read_text(), stderr=stderr.read_text())


def assert_error_line(ended: Ended, *words: str) -> None:
    """Check that the command failed with status 1 and printed one line, to standard error, with these words."""
    assert ended.returncode == 1, ended
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert all(word in ended.stderr for word in words), ended.stderr
