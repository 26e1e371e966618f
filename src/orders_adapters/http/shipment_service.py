"""HTTP client of the Shipment Tracking Service (clause 003-04)."""

import logging
from typing import Any
from urllib.parse import quote

from orders_adapters.http.bulkhead import Bulkhead
from orders_adapters.http.service_client import ServiceClient, integer
from orders_domain.errors import ShippingAddressRejected
from orders_domain.model.reservation import Reservation
from orders_domain.model.values.json_values import text_error
from orders_domain.model.values.user_ids import as_number
from orders_domain.ports.shipment_service import ShipmentService

MAX_ID_LENGTH = 64
INVALID = frozenset({400, 422})
"""Statuses of a rejected shipment that may name what is wrong with it, such as its address."""
NOT_SUPPORTED = frozenset({405, 501})
"""Statuses of a service that cancels no shipments, so that it is asked once."""

_log = logging.getLogger(__name__)


class HttpShipmentService(ShipmentService):
    def __init__(self, address: str, *, bulkhead: Bulkhead | None = None, integer_user_ids: bool = False) -> None:
        self._integer_user_ids = integer_user_ids
        self._service = ServiceClient(address, name="Shipment Tracking Service", bulkhead=bulkhead)

    def ping(self) -> None:
        self._service.ping()

    def create(self, reservation: Reservation) -> str:
        order_id = str(reservation.order_id)
        items = [{"productID": key, "quantity": quantity} for key, quantity in reservation.quantities.items()]
        shipment = {
            "orderID": order_id if reservation.number is None else reservation.number,
            "orderUUID": order_id,
            "userID": as_number(reservation.user_id) if self._integer_user_ids else reservation.user_id,
            "items": items,
            "shipmentStatus": "pending",
        }
        if reservation.shipping_address is not None:
            shipment["shippingAddress"] = reservation.shipping_address
        response = self._service.request("POST", "/shipments", shipment, key=order_id)
        if response.status in INVALID and b"address" in response.body.lower():
            text = "shipping_address must be one that the shipment service accepts."
            raise ShippingAddressRejected(text, field="shipping_address")
        if response.status >= 300:
            raise self._service.rejection(response)
        return self._service.parse(response, _shipment_id)

    def cancel(self, shipment_id: str) -> None:
        path = f"/shipments/{quote(shipment_id, safe='')}"
        response = self._service.request("DELETE", path, also=NOT_SUPPORTED)
        if response.status in NOT_SUPPORTED:
            _log.warning(
                "shipment.retained: the service cannot cancel shipment %(shipment)s", {"shipment": shipment_id}
            )
            return
        self._service.ensure_deleted(response)


def _shipment_id(body: Any) -> str:
    """Return the id as a string, because a service may send a whole number."""
    shipment_id = body["shipmentID"]
    text = shipment_id if isinstance(shipment_id, str) else str(integer(shipment_id))
    if not text.strip() or text in (".", "..") or len(text) > MAX_ID_LENGTH or text_error(text):
        raise ValueError(f"shipmentID must have 1 to {MAX_ID_LENGTH} printable characters")
    return text
