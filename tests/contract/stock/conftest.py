"""Fixtures: a warehouse on every store."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from orders_adapters.sql.direct_placement import SqlDirectPlacement
from orders_adapters.sql.engine import engine as engines
from tests.support.shop import DatabaseShop, InMemoryShop, Shop
from tests.support.stores import copied_sqlite, empty

POOL_TIMEOUT = 60  # seconds that a buyer waits for a connection
CONNECTIONS = 15  # of the hundred connections of the server, which all runs share


@pytest.fixture
def server_engine(migrated_postgresql: str) -> Iterator[Engine]:
    """A migrated database on PostgreSQL; buyers beyond its connections wait for one."""
    engine = queuing(engines.create(migrated_postgresql, pool_size=CONNECTIONS))
    yield engine
    engine.dispose()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Shop]]:
    """Create an empty warehouse, any number of times in succession."""
    with ExitStack() as made:
        if request.param == "memory":
            yield InMemoryShop
        elif request.param == "sqlite":
            yield partial(_in_file, request, directories=(tmp_path / str(number) for number in count()), made=made)
        else:
            engine: Engine = request.getfixturevalue("server_engine")
            yield partial(_in_emptied, engine)


@pytest.fixture
def warehouse(fresh: Callable[[], Shop]) -> Shop:
    """An empty warehouse on each store."""
    return fresh()


@pytest.fixture
def on_postgresql(server_engine: Engine) -> Shop:
    """An empty shop that places orders directly where it can, as the service does."""
    shop = _in_emptied(server_engine)
    shop.direct = SqlDirectPlacement(server_engine, on_commit=lambda: None)
    return shop


def queuing(engine: Engine) -> Engine:
    """The engine with a long pool timeout, because the service's two seconds are too short for a rush of buyers."""
    pool: Any = engine.pool
    pool._timeout = POOL_TIMEOUT
    return engine


def _in_emptied(engine: Engine) -> Shop:
    empty(engine)
    return DatabaseShop(engine)


def _in_file(request: pytest.FixtureRequest, *, directories: Iterator[Path], made: ExitStack) -> Shop:
    made.close()  # the previous warehouse
    directory = next(directories)
    directory.mkdir()
    engine = queuing(engines.create(copied_sqlite(request.getfixturevalue("migrated_sqlite"), directory)))
    made.callback(engine.dispose)
    return DatabaseShop(engine)
