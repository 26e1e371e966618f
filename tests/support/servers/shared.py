"""PostgreSQL of a parallel run: one server that all workers share, with connections for each of them."""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.depth import deep, needs_servers
from tests.support.servers.discovery import Unavailable

VARIABLE = "TEST_DATABASE_URL"
MEMORY = Path("/dev/shm")  # a file system in memory, on Linux
GIBIBYTE = 2**30
DAY = 86_400  # seconds


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the server before the workers, because PostgreSQL permits 100 connections unless configured otherwise.

    Its commits and new databases do not reach the disk, which saves a fifth of the time; and a database has 350 files,
    which a file system in memory creates in a fifth of the time that a disk takes. If TEST_DATABASE_URL is set
    or the server cannot be started, the workers discover a server.
    """
    config = session.config
    if not config.getoption("numprocesses", None) or os.environ.get(VARIABLE) or not needs_servers(config):
        return
    from tests.support.servers.ephemeral import ThrowawayPostgres

    with suppress(Unavailable):
        server = ThrowawayPostgres(max_connections=400)
        server.place = _memory()
        server.__enter__()
        os.environ[VARIABLE] = server.url
        config.add_cleanup(lambda: server.__exit__(None, None, None))


def _memory() -> Path | None:
    """Return the file system in memory if it has room for the databases of a short run: a deep run has large ones.

    Directories of runs that were killed more than a day ago are removed from it.
    """
    if deep() or not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < 4 * GIBIBYTE:
        return None
    for left in MEMORY.glob("orders-test-*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > DAY:
                shutil.rmtree(left, ignore_errors=True)
    return MEMORY
