"""HTTP adapters of CatalogService and ShipmentService, whatever the remote service does."""

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orders_adapters.http import service_client as asking
from orders_adapters.http.catalog_service import HttpCatalogService
from orders_adapters.http.shipment_service import HttpShipmentService
from orders_adapters.testing.examples import NOON, new_id
from orders_domain.errors import (
    InsufficientStock,
    InvalidServiceResponse,
    ServiceError,
    ServiceInternalError,
    ServiceRejected,
    ServiceTimeout,
    ServiceUnreachable,
    ShippingAddressRejected,
    Shortage,
)
from orders_domain.model.reservation import Reservation
from tests.support.depth import effort
from tests.support.servers.ephemeral.server import free_port
from tests.support.servers.services import CatalogueService, Misbehaviour, ShipmentService
from tests.support.servers.services.certificate import certify

M = Misbehaviour
EXPECTED_ERRORS: dict[Misbehaviour, type[ServiceError]] = {
    M.HANG: ServiceTimeout,
    M.DRIP_HEADERS: ServiceTimeout,
    M.DRIP_BODY: ServiceTimeout,
    M.NO_JSON: InvalidServiceResponse,
    M.FLOOD: InvalidServiceResponse,
    M.DROP: ServiceUnreachable,
    M.FAIL: ServiceInternalError,
    M.REDIRECT: InvalidServiceResponse,
    M.NOT_HTTP: InvalidServiceResponse,
}
SECONDS = effort(0.5, asking.CALL_SECONDS)  # time limit of a call to a service that never finishes
CALLS = ["named", "reserve", "release", "book", "cancel"]


@pytest.fixture
def catalogue() -> Iterator[CatalogueService]:
    with CatalogueService() as catalogue:
        catalogue.stock(1, quantity=10, price=2.5, name="Tea")
        catalogue.stock(2, quantity=1, price=37.55, name="Milk")
        yield catalogue


@pytest.fixture
def carrier() -> Iterator[ShipmentService]:
    with ShipmentService() as carrier:
        yield carrier


@pytest.fixture
def reservations(catalogue: CatalogueService) -> HttpCatalogService:
    return HttpCatalogService(catalogue.url, currency="USD")


def new_reservation(**products: int) -> Reservation:
    """A new reservation with quantities by product: ``new_reservation(p1=3)``."""
    quantities = {int(name[1:]): quantity for name, quantity in (products or {"p1": 3}).items()}
    return Reservation.start(new_id(), number=7, user_id="ada", quantities=quantities, at=NOON)


@pytest.fixture(params=CALLS)
def call(request: pytest.FixtureRequest, catalogue: CatalogueService, carrier: ShipmentService) -> Callable[..., Any]:
    """Call a service method after the service's behaviour is set; ``method`` is the HTTP method of the call."""
    reservations, shipments = HttpCatalogService(catalogue.url, currency="USD"), HttpShipmentService(carrier.url)
    products, reservation = reservations.get_products([1]), new_reservation()
    method_calls: dict[str, tuple[str, Callable[[], object]]] = {
        "named": ("GET", lambda: reservations.get_products([1])),
        "reserve": ("POST", lambda: reservations.reserve(reservation, products)),
        "release": ("DELETE", lambda: reservations.release(reservation.order_id)),
        "book": ("POST", lambda: shipments.create(reservation)),
        "cancel": ("DELETE", lambda: shipments.cancel("SHIP-1")),
    }
    method, send = method_calls[request.param]

    def call(way: Misbehaviour) -> object:
        for service in (catalogue, carrier):
            service.misbehave[method] = way
        return send()

    return call


@pytest.mark.clause("003-03", "003-04")
@pytest.mark.parametrize("way", EXPECTED_ERRORS, ids=lambda way: way.name)
def test_service_failure_raises_its_error_in_time(
    call: Callable[..., Any], way: Misbehaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    if EXPECTED_ERRORS[way] is ServiceTimeout:
        monkeypatch.setattr(asking, "CALL_SECONDS", SECONDS)
    began = time.monotonic()

    with pytest.raises(EXPECTED_ERRORS[way]):
        call(way)

    assert time.monotonic() - began < 10  # without a limit the calls would last a minute or more


@pytest.mark.parametrize("way", [M.OTHER_SHAPE, M.DO_AND_LIE], ids=lambda way: way.name)
def test_malformed_response_is_rejected(
    reservations: HttpCatalogService, catalogue: CatalogueService, carrier: ShipmentService, way: Misbehaviour
) -> None:
    products = reservations.get_products([1])
    for service in (catalogue, carrier):
        service.misbehave |= {"GET": way, "POST": way}

    for method_calls in (
        lambda: reservations.get_products([1]),
        lambda: reservations.reserve(new_reservation(), products),
        lambda: HttpShipmentService(carrier.url).create(new_reservation()),
    ):
        with pytest.raises(InvalidServiceResponse):
            method_calls()


def test_closed_port_is_unreachable() -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"

    for method_calls in (
        lambda: HttpCatalogService(nowhere, currency="USD").get_products([1]),
        lambda: HttpShipmentService(nowhere).create(new_reservation()),
    ):
        with pytest.raises(ServiceUnreachable):
            method_calls()


@pytest.mark.parametrize(
    ("product", "flaw"),
    [
        ({"productID": 2, "name": "Tea", "price": 1, "quantity": 1}, "another product"),
        ({"productID": "1", "name": "Tea", "price": 1, "quantity": 1}, "its id in quotes"),
        ({"productID": 1, "name": "", "price": 1, "quantity": 1}, "no name"),
        ({"productID": 1, "name": "T\x00a", "price": 1, "quantity": 1}, "a name no store can keep"),
        ({"productID": 1, "name": "Tea", "price": 1.005, "quantity": 1}, "finer than cents"),
        ({"productID": 1, "name": "Tea", "price": -1, "quantity": 1}, "less than nothing"),
        ({"productID": 1, "name": "Tea", "price": "1", "quantity": 1}, "a price in quotes"),
        ({"productID": 1, "name": "Tea", "price": True, "quantity": 1}, "a price that is true"),
        ({"productID": 1, "name": "Tea", "price": float("nan"), "quantity": 1}, "a price that is no number"),
        ({"productID": 1, "name": "Tea", "price": 1, "quantity": 1, "currency": "JPY"}, "a price in another currency"),
        ({"productID": 1, "name": "Tea", "price": 1, "quantity": 1, "currency": 5}, "a currency that is no text"),
        ({"productID": 1, "name": "Tea", "price": 1, "quantity": -1}, "less than none"),
        ({"productID": 1, "name": "Tea", "price": 1, "quantity": 1.5}, "a half"),
        ({"productID": 1, "name": "Tea", "price": 1}, "no quantity"),
        ([], "a list"),
        (None, "nothing"),
    ],
)
def test_invalid_product_is_rejected(
    reservations: HttpCatalogService, catalogue: CatalogueService, product: Any, flaw: str
) -> None:
    catalogue.do = lambda asked: (200, product)  # type: ignore[method-assign]

    with pytest.raises(InvalidServiceResponse):
        reservations.get_products([1])


@pytest.mark.parametrize("currency", ["USD", "usd", None])
def test_own_currency_may_be_stated(
    reservations: HttpCatalogService, catalogue: CatalogueService, currency: str | None
) -> None:
    catalogue.products[1]["currency"] = currency

    assert str(reservations.get_products([1])[1].price.amount) == "2.50"


@pytest.mark.parametrize("shipment_id", ["", " ", "x" * 65, "a\x00b", 1.5, True, None, [], ".."])
def test_invalid_shipment_id_is_rejected(carrier: ShipmentService, shipment_id: Any) -> None:
    carrier.do = lambda asked: (201, {"shipmentID": shipment_id})  # type: ignore[method-assign]

    with pytest.raises(InvalidServiceResponse):
        HttpShipmentService(carrier.url).create(new_reservation())


def test_numeric_shipment_id_is_accepted(carrier: ShipmentService) -> None:
    carrier.do = lambda asked: (201, {"shipmentID": 42})  # type: ignore[method-assign]

    assert HttpShipmentService(carrier.url).create(new_reservation()) == "42"


@pytest.mark.parametrize(
    "body", [{}, {"unavailableItems": []}, {"unavailableItems": [{"productID": 9}]}, {"unavailableItems": [1]}, "no"]
)
def test_shortage_without_requested_item_is_invalid(
    reservations: HttpCatalogService, catalogue: CatalogueService, body: Any
) -> None:
    products = reservations.get_products([1])
    catalogue.do = lambda asked: (409, body)  # type: ignore[method-assign]

    with pytest.raises(InvalidServiceResponse):
        reservations.reserve(new_reservation(), products)


@pytest.mark.parametrize(
    "items",
    [
        [{"productID": 1, "available": -5}],
        [{"productID": 1, "available": -1}, {"productID": 2, "available": 0}],
        [{"productID": 1, "available": 1}, {"productID": 1, "available": 1}],
        [{"productID": 1, "available": 1}, {"productID": 2, "available": 0}, {"productID": 1, "available": 2}],
        [{"productID": 1, "available": None}],
        [{"productID": 1, "available": 0.5}],
        [{"productID": 1, "available": True}],
        [{"productID": 1, "available": 1}, {"productID": 3, "available": 0}],
    ],
    ids=str,
)
def test_impossible_shortage_is_invalid(
    reservations: HttpCatalogService, catalogue: CatalogueService, items: list[dict[str, Any]]
) -> None:
    products = reservations.get_products([1, 2])
    catalogue.do = lambda asked: (409, {"unavailableItems": items})  # type: ignore[method-assign]

    with pytest.raises(InvalidServiceResponse):
        reservations.reserve(new_reservation(p1=3, p2=2), products)


def test_shortage_may_be_over_when_counted(reservations: HttpCatalogService, catalogue: CatalogueService) -> None:
    products = reservations.get_products([1])
    body = {"unavailableItems": [{"productID": 1, "available": 7}]}
    catalogue.do = lambda asked: (409, body)  # type: ignore[method-assign]

    with pytest.raises(InsufficientStock) as refusal:
        reservations.reserve(new_reservation(p1=3), products)

    assert refusal.value.shortages == (Shortage(product_id=1, name="Tea", requested=3, available=7),)


@pytest.mark.parametrize("status", [400, 404, 409, 410, 422])
def test_carrier_rejection_is_not_retried(carrier: ShipmentService, status: int) -> None:
    carrier.do = lambda asked: (status, {"error": "no"})  # type: ignore[method-assign]

    with pytest.raises(ServiceRejected):
        HttpShipmentService(carrier.url).create(new_reservation())
    assert carrier.times("POST") == 1


@pytest.mark.parametrize(("user_id", "sent"), [("42", 42), ("ann", "ann"), ("042", "042")])
def test_carrier_gets_numeric_ids_of_users_as_numbers(carrier: ShipmentService, user_id: str, sent: object) -> None:
    HttpShipmentService(carrier.url, integer_user_ids=True).create(replace(new_reservation(), user_id=user_id))
    HttpShipmentService(carrier.url).create(replace(new_reservation(), user_id=user_id))

    assert [asked.body["userID"] for asked in carrier.asked] == [sent, user_id]


@pytest.mark.parametrize("status", [400, 422])
def test_rejected_address_is_an_invalid_value(carrier: ShipmentService, status: int) -> None:
    carrier.do = lambda asked: (status, {"error": "Invalid shipping address"})  # type: ignore[method-assign]

    with pytest.raises(ShippingAddressRejected):
        HttpShipmentService(carrier.url).create(new_reservation())
    assert carrier.times("POST") == 1


def test_server_error_is_retried_with_same_key(carrier: ShipmentService) -> None:
    good = carrier.do
    responses: Iterator[tuple[int, Any]] = iter([(500, {}), (503, {})])
    carrier.do = lambda asked: next(responses, None) or good(asked)  # type: ignore[method-assign]
    reservation = new_reservation()

    shipment_id = HttpShipmentService(carrier.url).create(reservation)

    assert carrier.shipments == {shipment_id: str(reservation.order_id)}
    assert [request.key for request in carrier.asked] == [str(reservation.order_id)] * 3


def test_retries_are_limited(carrier: ShipmentService) -> None:
    carrier.misbehave["POST"] = M.FAIL

    with pytest.raises(ServiceInternalError):
        HttpShipmentService(carrier.url).create(new_reservation())

    assert carrier.times("POST") == asking.MAX_ATTEMPTS


def test_shipment_id_is_escaped_in_path(carrier: ShipmentService) -> None:
    HttpShipmentService(carrier.url).cancel("../reservations?x#ü")

    assert [request.path for request in carrier.asked] == ["/shipments/..%2Freservations%3Fx%23%C3%BC"]


@pytest.mark.parametrize(
    "address", ["nowhere", "ftp://shop", "http://", "http://u:p@shop", "http://shop/?x", "http://["]
)
def test_invalid_url_is_rejected(address: str) -> None:
    with pytest.raises(ValueError, match=r"http|read"):
        HttpShipmentService(address)


def test_url_may_have_a_path(catalogue: CatalogueService) -> None:
    with pytest.raises(ServiceError):
        HttpCatalogService(f"{catalogue.url}/v2/", currency="USD").get_products([1])

    assert catalogue.asked[-1].path == "/v2/products/1"


class TestTls:
    def test_trusted_certificate_is_accepted(
        self, carrier: ShipmentService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        certificate, context = certify(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        reservation = new_reservation()

        shipment_id = HttpShipmentService(carrier.encrypt(context)).create(reservation)

        assert carrier.shipments == {shipment_id: str(reservation.order_id)}

    def test_untrusted_certificate_is_rejected(self, carrier: ShipmentService, tmp_path: Path) -> None:
        _, context = certify(tmp_path)

        with pytest.raises(ServiceUnreachable):
            HttpShipmentService(carrier.encrypt(context)).create(new_reservation())

        assert carrier.asked == []

    @pytest.mark.parametrize("way", [M.HANG, M.DRIP_BODY, M.FLOOD, M.DROP], ids=lambda way: way.name)
    def test_failure_over_tls_raises_same_errors(
        self, carrier: ShipmentService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Misbehaviour
    ) -> None:
        certificate, context = certify(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        carrier.misbehave["POST"] = way
        if EXPECTED_ERRORS[way] is ServiceTimeout:
            monkeypatch.setattr(asking, "CALL_SECONDS", SECONDS)

        with pytest.raises(EXPECTED_ERRORS[way]):
            HttpShipmentService(carrier.encrypt(context)).create(new_reservation())


def test_silent_tls_handshake_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ServiceError):
        HttpShipmentService(f"https://127.0.0.1:{silent.getsockname()[1]}").create(new_reservation())
