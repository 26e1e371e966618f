"""Callers of `ostore` on each stack, and services with an external catalog and external shipments."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orders_adapters.http import service_client as asking
from orders_domain import Role
from orders_flask import Settings, create_app
from tests.contract.http.management.client import Shopper, shopper
from tests.contract.http.ostore_orders.client import OStoreShopper, ostore_shopper
from tests.contract.http.ostore_orders.services import Elsewhere
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.services import Address, CatalogueService, ShipmentService
from tests.support.service_stack import Stack
from tests.support.stores import copied_sqlite


@pytest.fixture
def ann(stack: Stack) -> OStoreShopper:
    return ostore_shopper(stack)


@pytest.fixture
def bob(stack: Stack) -> OStoreShopper:
    return ostore_shopper(stack)


@pytest.fixture
def root(stack: Stack) -> OStoreShopper:
    """An administrator."""
    return ostore_shopper(stack, role=Role.ADMIN)


@pytest.fixture
def keeper(stack: Stack) -> Shopper:
    """An administrator who manages the products through `management`."""
    return shopper(stack, role=Role.ADMIN)


@pytest.fixture(scope="session")
def addresses() -> Iterator[tuple[Address, Address]]:
    """Addresses of the catalog service and the shipment service, fixed for the run, because services are reused."""
    with Address() as catalogue, Address() as carrier:
        yield catalogue, carrier


@pytest.fixture
def catalogue(addresses: tuple[Address, Address]) -> Iterator[CatalogueService]:
    with CatalogueService(addresses[0]) as catalogue:
        yield catalogue


@pytest.fixture
def carrier(addresses: tuple[Address, Address]) -> Iterator[ShipmentService]:
    with ShipmentService(addresses[1]) as carrier:
        yield carrier


@pytest.fixture(scope="session")
def real_base(real_settings: Settings, postgres_server: PostgresServer, template_postgresql: str) -> Settings:
    url = postgres_server.copy(template_postgresql)
    return replace(real_settings, database_url=url, redis_prefix=f"{real_settings.redis_prefix}elsewhere:")


@pytest.fixture(params=["embedded", "real"])
def base_settings(request: pytest.FixtureRequest) -> Settings:
    """Infrastructure settings: SQLite, or PostgreSQL with Redis and RabbitMQ."""
    if request.param == "embedded":
        return Settings()
    settings: Settings = request.getfixturevalue("real_base")
    return settings


@pytest.fixture(scope="session")
def shops() -> Iterator[dict[tuple[str, ...], Stack]]:
    """The services that tests have created."""
    shops: dict[tuple[str, ...], Stack] = {}
    yield shops
    for stack in shops.values():
        stack.close()


@pytest.fixture
def open_shop(
    shops: dict[tuple[str, ...], Stack],
    migrated_sqlite: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Settings], Stack]:
    """Create a service with the settings, or empty the existing service with the same settings."""

    def open_shop(settings: Settings) -> Stack:
        key = settings.database_url, settings.catalog_service_url, settings.shipment_service_url
        if key not in shops:
            directory = tmp_path_factory.mktemp("shop")
            monkeypatch.chdir(directory)
            copied_sqlite(migrated_sqlite, directory)
            shops[key] = Stack(app=create_app(settings), settings=settings, directory=directory)
        monkeypatch.chdir(shops[key].directory)  # the embedded database is a file of the working directory
        shops[key].empty()
        return shops[key]

    return open_shop


@pytest.fixture
def elsewhere(
    base_settings: Settings,
    open_shop: Callable[[Settings], Stack],
    catalogue: CatalogueService,
    carrier: ShipmentService,
) -> Elsewhere:
    """A service with an external catalog and external shipments."""
    settings = replace(base_settings, catalog_service_url=catalogue.url, shipment_service_url=carrier.url)
    return Elsewhere.opened(open_shop(settings), catalogue, carrier)


@pytest.fixture
def impatience() -> Iterator[pytest.MonkeyPatch]:
    """Reduce the service timeout to a fifth of a second until this is undone, because the matrix is large."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(asking, "CALL_SECONDS", 0.2)
        yield patched
