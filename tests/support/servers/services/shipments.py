"""A Shipment Tracking Service."""

from __future__ import annotations

from itertools import count
from typing import Any

from tests.support.servers.services.server import Address, Asked, Service


class ShipmentService(Service):
    """A shipment service with the order of each shipment by id."""

    def __init__(self, address: Address | None = None) -> None:
        super().__init__(address)
        self.shipments: dict[str, str] = {}
        self.gives: str | None = None  # an id that every request receives
        self.delivers_to: str | None = None  # the only address that it accepts, if it is given
        self._ids = count(1)

    def do(self, request: Asked, /) -> tuple[int, Any]:
        if (request.method, request.path) == ("POST", "/shipments"):
            return self._book(request)
        if request.method == "DELETE":
            shipment_id = request.path.removeprefix("/shipments/")
            return (204, None) if self.shipments.pop(shipment_id, None) else (404, {"error": "no such shipment"})
        return 405, {}

    def _book(self, request: Asked) -> tuple[int, Any]:
        order_id = request.body["orderUUID"]
        assert type(request.body["orderID"]) is int
        assert request.key == order_id
        assert request.body["userID"]
        assert request.body["items"]
        if self.delivers_to and request.body.get("shippingAddress") != self.delivers_to:
            return 400, {"error": "Invalid shipping address"}
        known = [shipment_id for shipment_id, order in self.shipments.items() if order == order_id]
        shipment_id = self.gives or (known[0] if known else f"SHIP-{id(self)}-{next(self._ids)}")
        self.shipments.setdefault(shipment_id, order_id)
        return 201, {"shipmentID": shipment_id}
