"""PostgreSQL of a parallel run: one server that all workers share, with connections for each of them."""

import os
from contextlib import suppress

import pytest

from tests.support.depth import needs_servers
from tests.support.servers.discovery import Unavailable

VARIABLE = "TEST_DATABASE_URL"


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the server before the workers, because PostgreSQL permits 100 connections unless configured otherwise.

    Its commits and new databases do not reach the disk, which saves a fifth of the time. If TEST_DATABASE_URL is set
    or the server cannot be started, the workers discover a server.
    """
    config = session.config
    if not config.getoption("numprocesses", None) or os.environ.get(VARIABLE) or not needs_servers(config):
        return
    from tests.support.servers.ephemeral import ThrowawayPostgres

    with suppress(Unavailable):
        server = ThrowawayPostgres(max_connections=400).__enter__()
        os.environ[VARIABLE] = server.url
        config.add_cleanup(lambda: server.__exit__(None, None, None))
