"""Shoppers and an administrator of `ostore` on each stack; and shops whose products and shipments are elsewhere."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from orders_domain import Role
from orders_flask import Settings
from tests.contract.http.management.shopping import Shopper, shopper
from tests.contract.http.ostore_orders.services import Elsewhere
from tests.contract.http.ostore_orders.shopping import OStoreShopper, ostore_shopper
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.services import CatalogueService, ShipmentService
from tests.support.service_stack import Stack


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
    """An administrator who keeps the shop's products, by way of `management`."""
    return shopper(stack, role=Role.ADMIN)


@pytest.fixture
def catalogue() -> Iterator[CatalogueService]:
    with CatalogueService() as catalogue:
        yield catalogue


@pytest.fixture
def carrier() -> Iterator[ShipmentService]:
    with ShipmentService() as carrier:
        yield carrier


@pytest.fixture(params=["embedded", "real"])
def base_settings(request: pytest.FixtureRequest) -> Iterator[Settings]:
    """What a shop of the test's own stands on: SQLite; or PostgreSQL, Redis and RabbitMQ."""
    if request.param == "embedded":
        yield Settings()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    shared: Settings = request.getfixturevalue("real_settings")
    url = server.database()
    yield replace(shared, database_url=url, redis_prefix=f"{shared.redis_prefix}{url.rpartition('/')[2]}:")
    server.drop(url)


@pytest.fixture
def elsewhere(
    base_settings: Settings,
    build: Callable[..., Stack],
    catalogue: CatalogueService,
    carrier: ShipmentService,
) -> Elsewhere:
    """A shop whose products and shipments are other services'."""
    settings = replace(base_settings, catalog_service_url=catalogue.url, shipment_service_url=carrier.url)
    return Elsewhere.opened(build(settings), catalogue, carrier)
