"""What other services hold for orders, as we have noted it."""

from datetime import datetime
from typing import Protocol

from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.reservation import Reservation


class ReservationRepository(Protocol):
    """The bookings of one unit of work. Every method raises StoreUnavailable when the store is away.

    Of an order that is cancelled or deleted, ``Stock.give_back`` makes a kept booking due for release.
    """

    def add(self, reservation: Reservation, idempotency_key: IdempotencyKey | None = None) -> None:
        """Store a booking that is being placed; until it is kept or released, nobody else places under its key.

        Raises:
            RequestInProgress: another booking under the key is neither kept nor released.
        """
        ...

    def confirm(self, reservation: Reservation) -> None:
        """Keep what the services hold, with the shipment's id, for the order that this unit of work stores.

        Raises:
            ReservationLost: somebody is releasing it, or has.
        """
        ...

    def claim_due(self, *, now: datetime, until: datetime) -> Reservation | None:
        """Return the booking that is due the longest, to be released; nobody else can claim it before ``until``.

        From then on it cannot be kept. None where nothing is due.
        """
        ...

    def postpone(self, reservation: Reservation, *, until: datetime) -> None:
        """Have it released then, and give its key free; one that is kept is left alone."""
        ...

    def delete(self, reservation: Reservation) -> None:
        """Forget a booking of which the services hold nothing; one that is kept is left alone."""
        ...
