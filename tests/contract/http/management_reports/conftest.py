"""A service on each kind of database with an adjustable clock; each test starts with empty tables, at noon."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dependency_injector import providers

from orders_flask import Settings, create_app
from orders_flask.bootstrap.container import Container
from tests.contract.http.management_reports.reports_client import Desk
from tests.support.examples import NOON, Clock
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.tables import migrated
from tests.support.service_stack import Stack


@pytest.fixture(scope="session")
def embedded_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    directory = tmp_path_factory.mktemp("insights")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(directory)
        desk = opened(Settings(), directory)
    yield desk
    desk.stack.close()


@pytest.fixture(scope="session")
def postgresql_desk(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = opened(Settings(database_url=postgres_server.database()), tmp_path_factory.mktemp("insights"))
    yield desk
    desk.stack.close()


@pytest.fixture(params=["embedded", "postgresql"])
def desk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk: Desk = request.getfixturevalue(f"{request.param}_desk")
    monkeypatch.chdir(desk.stack.directory)  # the embedded database is a file of the working directory
    desk.clock.now = NOON
    desk.stack.empty()
    return desk


def opened(settings: Settings, directory: Path) -> Desk:
    container, clock = Container(settings=settings), Clock()
    container.clock.override(providers.Object(clock))
    migrated(container)
    app = create_app(settings, container=container)
    return Desk(Stack(app=app, settings=settings, directory=directory), clock)
