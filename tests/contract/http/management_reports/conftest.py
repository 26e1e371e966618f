"""A service on each kind of database with an adjustable clock; each test starts with empty tables, at noon."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dependency_injector import providers

from orders_adapters.testing.examples import NOON, Clock
from orders_flask import Settings, create_app
from orders_flask.bootstrap.container import Container
from tests.contract.http.management_reports.reports_client import ReportsShop
from tests.support.secrets import JWT_SECRET
from tests.support.servers.postgresql import PostgresServer
from tests.support.service_stack import Stack
from tests.support.stores import copied_sqlite


@pytest.fixture(scope="session")
def embedded_shop(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[ReportsShop]:
    directory = tmp_path_factory.mktemp("insights")
    copied_sqlite(migrated_sqlite, directory)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(directory)
        shop = opened(Settings(jwt_secret=JWT_SECRET), directory)
    yield shop
    shop.stack.close()


@pytest.fixture(scope="session")
def postgresql_shop(
    postgres_server: PostgresServer, template_postgresql: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ReportsShop]:
    settings = Settings(database_url=postgres_server.copy(template_postgresql), jwt_secret=JWT_SECRET)
    shop = opened(settings, tmp_path_factory.mktemp("insights"))
    yield shop
    shop.stack.close()


@pytest.fixture(params=["embedded", "postgresql"])
def shop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ReportsShop:
    shop: ReportsShop = request.getfixturevalue(f"{request.param}_shop")
    monkeypatch.chdir(shop.stack.directory)  # the embedded database is a file of the working directory
    shop.clock.now = NOON
    shop.stack.empty()
    return shop


def opened(settings: Settings, directory: Path) -> ReportsShop:
    container, clock = Container(settings=settings), Clock()
    container.clock.override(providers.Object(clock))
    app = create_app(settings, container=container)
    return ReportsShop(Stack(app=app, settings=settings, directory=directory), clock)
