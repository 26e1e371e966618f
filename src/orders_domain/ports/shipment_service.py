"""Shipments of orders, wherever they are made."""

from typing import Protocol

from orders_domain.model.reservation import Reservation


class ShipmentService(Protocol):
    """Every method answers within seconds, or raises ServiceError."""

    def create(self, reservation: Reservation) -> str:
        """Return the id of the order's shipment: 1 to 64 characters; asked again, it is the same shipment.

        Raises:
            ServiceRejected: there is and will be none.
            ServiceError: there may be one.
        """
        ...

    def cancel(self, shipment_id: str) -> None:
        """Take the shipment back; one that is not there is fine.

        Raises:
            ServiceError: it may still be there.
        """
        ...
