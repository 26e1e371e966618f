"""Fixtures: databases that tests may break, empty or migrated, on PostgreSQL and on SQLite."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from orders_adapters.sql.engine import engine as engines
from tests.support.servers.postgresql import PostgresServer
from tests.support.stores import copied_sqlite, empty


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
    """Engines by address, disposed after the test."""
    made: list[Engine] = []

    def connect(url: str, **options: Any) -> Engine:
        made.append(engines.create(url, **options))
        return made[-1]

    yield connect
    for engine in made:
        engine.dispose()


@pytest.fixture(params=["postgresql", "sqlite"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A migrated database without rows, on each backend."""
    engine: Engine = request.getfixturevalue(f"on_{request.param}")
    return engine


@pytest.fixture
def on_postgresql(migrated_postgresql: str, connect: Callable[..., Engine]) -> Engine:
    """The database that all tests share, because none of them alters its tables."""
    engine = connect(migrated_postgresql)
    empty(engine)
    return engine


@pytest.fixture
def on_sqlite(migrated_sqlite: Path, tmp_path: Path, connect: Callable[..., Engine]) -> Engine:
    return connect(copied_sqlite(migrated_sqlite, tmp_path))


@pytest.fixture(params=["postgresql", "sqlite"])
def altered(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a migrated database whose tables the test may alter."""
    if request.param == "sqlite":
        return copied_sqlite(request.getfixturevalue("migrated_sqlite"), tmp_path)
    return str(request.getfixturevalue("copied_postgresql"))
