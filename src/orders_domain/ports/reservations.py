"""Reservation repository port: the products and shipments that partner services hold for orders."""

from datetime import datetime
from typing import Protocol

from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.reservation import Reservation


class ReservationRepository(Protocol):
    """The reservations of one unit of work. Every method raises StoreUnavailable if the store is unavailable.

    If an order is cancelled or deleted, ``Stock.release`` makes its confirmed reservation due for release.
    """

    def add(self, reservation: Reservation, idempotency_key: IdempotencyKey | None = None) -> None:
        """Store a pending reservation. Its key is locked until it is confirmed or released.

        Raises:
            RequestInProgress: another reservation with the key is neither confirmed nor released.
        """
        ...

    def confirm(self, reservation: Reservation) -> None:
        """Confirm the reservation, with its shipment id, for the order that this unit of work stores.

        Raises:
            ReservationLost: the reservation is being released, or is released.
        """
        ...

    def claim_due(self, *, now: datetime, until: datetime) -> Reservation | None:
        """Acquire the reservation due longest, to release it; no other worker can claim it before ``until``.

        A claimed reservation can no longer be confirmed. Return None if none is due.
        """
        ...

    def postpone(self, reservation: Reservation, *, until: datetime) -> None:
        """Make it due for release at ``until``, and release its key; a confirmed reservation is not changed."""
        ...

    def delete(self, reservation: Reservation) -> None:
        """Delete a reservation that the services have released; a confirmed reservation is not deleted."""
        ...
