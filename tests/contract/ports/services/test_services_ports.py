"""Contract of CatalogService and ShipmentService, on every adapter."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from orders_adapters.http import service_client
from orders_adapters.http.catalog_service import HttpCatalogService
from orders_adapters.http.shipment_service import HttpShipmentService
from orders_adapters.system.local_shipments import LocalShipmentService
from orders_adapters.testing.catalog.catalog_service import MILK, TEA, CatalogServiceHarness, CatalogServiceTests
from orders_adapters.testing.catalog.shipment_service import (
    RemoteShipmentServiceTests,
    ShipmentServiceHarness,
    ShipmentServiceTests,
)
from orders_domain.ports.shipment_service import ShipmentService as ShipmentServicePort
from tests.support.servers.services import CatalogueService, Misbehaviour, ShipmentService


@pytest.fixture(autouse=True)
def short_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call may take half a second instead of the production limit."""
    monkeypatch.setattr(service_client, "CALL_SECONDS", 0.5)


def misbehave(service: CatalogueService | ShipmentService, way: Misbehaviour) -> None:
    service.misbehave |= dict.fromkeys(("GET", "POST", "DELETE"), way)


@pytest.mark.clause("003-02", "003-03")
class TestHttpCatalogService(CatalogServiceTests):
    @pytest.fixture
    def harness(self) -> Iterator[CatalogServiceHarness]:
        with CatalogueService() as catalogue:
            catalogue.stock(TEA, quantity=10, price=2.5, name="Tea")
            catalogue.stock(MILK, quantity=1, price=37.55, name="Milk")
            yield CatalogServiceHarness(
                service=HttpCatalogService(catalogue.url, currency="USD"),
                available=lambda: {key: product["quantity"] for key, product in catalogue.products.items()},
                fail=lambda: misbehave(catalogue, Misbehaviour.FAIL),
                hang=lambda: misbehave(catalogue, Misbehaviour.HANG),
            )


@pytest.fixture
def carrier() -> Iterator[ShipmentService]:
    with ShipmentService() as carrier:
        yield carrier


class TestShipmentService(ShipmentServiceTests):
    @pytest.fixture(params=["local", "HTTP"])
    def shipments(self, request: pytest.FixtureRequest, carrier: ShipmentService) -> ShipmentServicePort:
        return LocalShipmentService() if request.param == "local" else HttpShipmentService(carrier.url)


class TestHttpShipmentService(RemoteShipmentServiceTests):
    @pytest.fixture
    def harness(self, carrier: ShipmentService) -> ShipmentServiceHarness:
        def reject() -> None:
            carrier.do = lambda asked: (422, {"error": "no"})  # type: ignore[method-assign]

        return ShipmentServiceHarness(
            service=HttpShipmentService(carrier.url),
            orders=lambda: {shipment_id: UUID(order_id) for shipment_id, order_id in carrier.shipments.items()},
            reject=reject,
            fail=lambda: misbehave(carrier, Misbehaviour.FAIL),
            hang=lambda: misbehave(carrier, Misbehaviour.HANG),
        )
