"""Fixtures: databases with the current tables, created once; each test copies the file or empties the database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orders_adapters.rabbitmq import publisher_connection
from orders_adapters.sql import migrate
from tests.support.depth import deep
from tests.support.servers.postgresql import PostgresServer


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    migrate.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def template_postgresql(postgres_server: PostgresServer) -> str:
    """The template of all migrated databases, because a copy takes a fifth of the time of the migrations."""
    url = postgres_server.database()
    migrate.upgrade(url)
    return url


@pytest.fixture(scope="session")
def migrated_postgresql(postgres_server: PostgresServer, template_postgresql: str) -> str:
    return postgres_server.copy(template_postgresql)


@pytest.fixture
def copied_postgresql(postgres_server: PostgresServer, template_postgresql: str) -> Iterator[str]:
    url = postgres_server.copy(template_postgresql)
    yield url
    postgres_server.drop(url)


@pytest.fixture(scope="module")
def large_postgresql(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database for many rows, which the tests of a module share.

    In a deep run its server has no other, because a transaction of minutes would delay the event feed of every
    database of the server (decision 0058).
    """
    if deep():
        url = request.getfixturevalue("module_postgres").url
        migrate.upgrade(url)
        yield url
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url = server.copy(request.getfixturevalue("template_postgresql"))
        yield url
        server.drop(url)


@pytest.fixture(autouse=True)
def new_queues_are_used_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish to new queues without delay in this process, because only a killed broker requires it."""
    monkeypatch.setattr(publisher_connection, "NEW_QUEUE_DELAY", 0.0)
