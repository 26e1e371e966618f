"""Fixtures: every adapter of a port, under the port's name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from orders_adapters.kafka import message_consumer as kafka
from orders_adapters.rabbitmq import message_consumer as rabbitmq
from orders_adapters.sql.engine import engine as engines
from orders_adapters.testing.stores import StoreHarness
from tests.support.stores import copied_sqlite, empty, in_database, in_memory


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> StoreHarness:
    """An empty store."""
    if request.param == "memory":
        return in_memory()
    engine: Engine = request.getfixturevalue(request.param)
    return in_database(engine)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """The engine of an empty database."""
    engine: Engine = request.getfixturevalue(request.param)
    return engine


@pytest.fixture
def sqlite(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Engine]:
    engine = engines.create(copied_sqlite(migrated_sqlite, tmp_path), pool_size=25)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def engine_of_all_tests(migrated_postgresql: str) -> Iterator[Engine]:
    """One engine, because PostgreSQL starts a process for each connection, and SQLAlchemy compiles for each engine."""
    engine = engines.create(migrated_postgresql, pool_size=25)
    yield engine
    engine.dispose()


@pytest.fixture
def postgresql(engine_of_all_tests: Engine) -> Engine:
    empty(engine_of_all_tests)
    return engine_of_all_tests


@pytest.fixture
def short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Early messages are retried after a second instead of the production delay."""
    monkeypatch.setattr(rabbitmq, "RETRY_DELAY", 0.1)
    monkeypatch.setattr(kafka, "RETRY_WINDOW", 2.0)
