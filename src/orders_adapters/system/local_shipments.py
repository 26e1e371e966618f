"""Local shipment service, for deployments without a remote one: the shipment id is derived from the order id."""

from uuid import uuid5

from orders_domain.model.reservation import Reservation
from orders_domain.ports.shipment_service import ShipmentService


class LocalShipmentService(ShipmentService):
    def create(self, reservation: Reservation) -> str:
        return str(uuid5(reservation.order_id, "shipment"))

    def cancel(self, shipment_id: str) -> None:
        """Do nothing, because a local shipment has no state."""
