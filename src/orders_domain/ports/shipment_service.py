"""Shipments of orders, wherever they are made."""

from typing import Protocol

from orders_domain.model.reservation import Reservation


class Shipments(Protocol):
    """Every method answers within seconds, or raises ServiceFailed."""

    def book(self, booking: Reservation) -> str:
        """Return the id of the order's shipment: 1 to 64 characters; asked again, it is the same shipment.

        Raises:
            ServiceRefused: there is and will be none.
            ServiceFailed: there may be one.
        """
        ...

    def cancel(self, shipment_id: str) -> None:
        """Take the shipment back; one that is not there is fine.

        Raises:
            ServiceFailed: it may still be there.
        """
        ...
