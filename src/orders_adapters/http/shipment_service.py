"""The Shipment Tracking Service (clause 003-04)."""

from typing import Any
from urllib.parse import quote

from orders_adapters.http.service_client import Service, whole_number
from orders_domain.model.json_values import text_error
from orders_domain.model.reservation import Reservation

LONGEST_ID = 64


class Shipments:
    def __init__(self, address: str) -> None:
        self._service = Service(address, name="Shipment Tracking Service")

    def ping(self) -> None:
        self._service.ping()

    def book(self, booking: Reservation) -> str:
        order_id = str(booking.order_id)
        items = [{"productID": one, "quantity": quantity} for one, quantity in booking.quantities.items()]
        wanted = {"orderID": order_id, "userID": booking.user_id, "items": items}
        answer = self._service.ask("POST", "/shipments", wanted, key=order_id)
        if answer.status >= 300:
            raise self._service.refusal(answer)
        return self._service.understood(answer, _shipment_id)

    def cancel(self, shipment_id: str) -> None:
        self._service.require_gone(self._service.ask("DELETE", f"/shipments/{quote(shipment_id, safe='')}"))


def _shipment_id(told: Any) -> str:
    """The id, as a string; services that count give whole numbers."""
    shipment_id = told["shipmentID"]
    text = shipment_id if isinstance(shipment_id, str) else str(whole_number(shipment_id))
    if not text.strip() or text in (".", "..") or len(text) > LONGEST_ID or text_error(text):
        raise ValueError("not an id that can be kept")
    return text
