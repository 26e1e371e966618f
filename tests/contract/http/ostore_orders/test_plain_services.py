"""External services as the documents of source 003 have them: stock without reservations, shipments without DELETE."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from orders_flask import Settings
from tests.contract.http.ostore_orders.client import ostore_shopper
from tests.contract.http.ostore_orders.services import TEA, Elsewhere
from tests.support.service_stack import Stack


class PlainServices(ThreadingHTTPServer):
    """GET and POST of products and shipments only; every other request is 405."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: PlainServices

    def do_GET(self) -> None:
        self._answer(200, {"productID": TEA, "name": "Tea", "price": 2.5, "quantityAvailable": 4})

    def do_POST(self) -> None:
        found = self.path == "/shipments"
        self._answer(201 if found else 404, {"shipmentID": 4711} if found else {"error": "Not found"})

    def do_DELETE(self) -> None:
        self._answer(405, {"error": "Method not allowed"})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, json.loads(sent) if sent else None))
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Write nothing."""


@pytest.fixture
def plain() -> Iterator[PlainServices]:
    with PlainServices() as services:
        thread = threading.Thread(target=services.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield services
        services.shutdown()
        thread.join()


@pytest.mark.clause("003-03", "003-04")
def test_catalogue_without_reservations_is_only_asked(build: Callable[..., Stack], plain: PlainServices) -> None:
    urls: dict[str, Any] = {"catalog_service_url": plain.url, "shipment_service_url": plain.url, "log_level": "ERROR"}
    closed, opened = build(Settings(**urls)), build(Settings(**urls, catalog_reservations="off"))

    refused = ostore_shopper(closed).wants((TEA, 2))
    plain.asked.clear()
    placed = ostore_shopper(opened).wants((TEA, 2))
    short = ostore_shopper(opened).wants((TEA, 5))

    assert refused.status_code == 503
    assert (placed.status_code, placed.json["shipmentID"], placed.json["totalAmount"]) == (201, "4711", 5.0)
    assert (short.status_code, short.json["unavailableItems"]) == (
        409,
        [{"productID": TEA, "requested": 5, "available": 4}],
    )
    assert [asked[:2] for asked in plain.asked] == [
        ("GET", f"/products/{TEA}"),
        ("POST", "/shipments"),
        ("GET", f"/products/{TEA}"),
    ]
    shipment = plain.asked[1][2]
    assert (shipment["shipmentStatus"], shipment["orderID"]) == ("pending", placed.json["orderID"])


def test_service_that_cancels_no_shipments_is_asked_once(build: Callable[..., Stack], plain: PlainServices) -> None:
    stack = build(Settings(shipment_service_url=plain.url, catalog_service_url=plain.url, catalog_reservations="off"))
    ann = ostore_shopper(stack)
    elsewhere = Elsewhere(stack=stack, catalogue=None, carrier=None, ann=ann)  # type: ignore[arg-type]
    number = ann.wants((TEA, 1)).json["orderID"]
    root = stack.caller("root", scopes=("orders:write",))
    (order_id,) = elsewhere.orders()

    assert root.ask("POST", f"/api/orders/{order_id}/cancel").status_code == 200, number
    for _ in range(2):
        elsewhere.settle()

    assert [asked[:2] for asked in plain.asked].count(("DELETE", "/shipments/4711")) == 1
    assert elsewhere.reservations() == []
