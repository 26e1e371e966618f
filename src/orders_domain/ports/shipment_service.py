"""Shipment service port."""

from typing import Protocol

from orders_domain.model.reservation import Reservation


class ShipmentService(Protocol):
    """Every method returns within seconds, or raises ServiceError."""

    def create(self, reservation: Reservation) -> str:
        """Create the order's shipment; return its id of 1 to 64 characters. The call is idempotent per order.

        Raises:
            ShippingAddressRejected: the shipment is rejected because of its address, and does not exist.
            ServiceRejected: the shipment is rejected and does not exist.
            ServiceError: the shipment may exist.
        """
        ...

    def cancel(self, shipment_id: str) -> None:
        """Cancel the shipment, if it exists.

        Raises:
            ServiceError: the shipment may still exist.
        """
        ...
