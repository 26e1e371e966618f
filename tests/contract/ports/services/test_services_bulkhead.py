"""A service that hangs: a circuit for each service, and at most the places of the bulkhead wait."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from orders_adapters.http import service_client
from orders_adapters.http.bulkhead import Bulkhead
from orders_adapters.http.catalog_service import HttpCatalogService
from orders_adapters.http.shipment_service import HttpShipmentService
from orders_domain.errors import ServiceError, ServiceTimeout, ServiceUnreachable
from tests.support.servers.services import CatalogueService, Misbehaviour, ShipmentService

TIMEOUT = 0.3  # seconds


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> Iterator[CatalogueService]:
    monkeypatch.setattr(service_client, "CALL_SECONDS", TIMEOUT)
    monkeypatch.setattr(service_client, "RESET_TIMEOUT", 0.5)
    with CatalogueService() as catalogue:
        yield catalogue


def outcome(service: HttpCatalogService) -> tuple[type[Exception] | None, float]:
    began = time.monotonic()
    try:
        service.get_products([1])
    except ServiceError as error:
        return type(error), time.monotonic() - began
    return None, time.monotonic() - began


def test_hanging_service_is_not_waited_for_again(catalogue: CatalogueService) -> None:
    service = HttpCatalogService(catalogue.url, currency="USD")
    catalogue.misbehave["GET"] = Misbehaviour.HANG

    waited = [outcome(service)[0] for _ in range(3)]
    refused = [outcome(service) for _ in range(20)]

    assert waited == [ServiceTimeout] * 3
    assert {error for error, _ in refused} == {ServiceUnreachable}
    assert max(seconds for _, seconds in refused) < TIMEOUT / 2

    catalogue.reset()
    time.sleep(0.6)
    assert outcome(service)[0] is None  # it heals by itself


def test_rejections_do_not_open_the_circuit(catalogue: CatalogueService) -> None:
    service = HttpCatalogService(catalogue.url, currency="USD")
    catalogue.misbehave["GET"] = Misbehaviour.NO_JSON
    for _ in range(5):
        outcome(service)

    catalogue.reset()

    assert outcome(service)[0] is None


def test_each_service_has_its_own_circuit(catalogue: CatalogueService) -> None:
    bulkhead = Bulkhead(4)
    service = HttpCatalogService(catalogue.url, currency="USD", bulkhead=bulkhead)
    catalogue.misbehave["GET"] = Misbehaviour.HANG
    for _ in range(4):
        outcome(service)

    with ShipmentService() as carrier:
        HttpShipmentService(carrier.url, bulkhead=bulkhead).cancel("SHIP-1")


def test_only_the_places_wait(catalogue: CatalogueService) -> None:
    service = HttpCatalogService(catalogue.url, currency="USD", bulkhead=Bulkhead(4))
    catalogue.misbehave["GET"] = Misbehaviour.HANG

    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(lambda _: outcome(service), range(16)))

    assert len([error for error, _ in outcomes if error is ServiceTimeout]) == 4
    assert sorted(seconds for _, seconds in outcomes)[11] < TIMEOUT / 2
