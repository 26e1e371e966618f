"""Databases to break: an empty one, and a migrated one, each on PostgreSQL and on SQLite."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from orders_adapters.sql import engine as engines
from orders_adapters.sql import migrate
from tests.support.servers.postgresql import PostgresServer


@pytest.fixture
def postgresql_address(postgres_server: PostgresServer) -> Iterator[str]:
    url = postgres_server.database()
    yield url
    postgres_server.drop(url)


@pytest.fixture(params=["postgresql", "sqlite"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/orders.db"
    return str(request.getfixturevalue("postgresql_address"))


@pytest.fixture
def connect() -> Iterator[Callable[..., Engine]]:
    """Engines by address, given back after the test."""
    made: list[Engine] = []

    def connect(url: str, **options: int) -> Engine:
        made.append(engines.create(url, **options))
        return made[-1]

    yield connect
    for engine in made:
        engine.dispose()


@pytest.fixture
def engine(address: str, connect: Callable[..., Engine]) -> Engine:
    """A migrated database, on each technology."""
    migrate.upgrade(address)
    return connect(address)


@pytest.fixture
def on_postgresql(postgresql_address: str, connect: Callable[..., Engine]) -> Engine:
    migrate.upgrade(postgresql_address)
    return connect(postgresql_address)


@pytest.fixture
def on_sqlite(tmp_path: Path, connect: Callable[..., Engine]) -> Engine:
    url = f"sqlite:///{tmp_path}/orders.db"
    migrate.upgrade(url)
    return connect(url)
