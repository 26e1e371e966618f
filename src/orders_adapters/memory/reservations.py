"""The bookings of one unit of work, staged until it commits."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from orders_adapters.memory.store import Store
from orders_domain.errors import RequestInProgress, ReservationLost
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.reservation import Reservation, ReservationState

_Key = tuple[str, str, str]


class Bookings:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._bookings: dict[UUID, Reservation | None] = {}  # None: removed
        self._keys: dict[UUID, _Key | None] = {}  # None: given free

    def add(self, booking: Reservation, once: IdempotencyKey | None = None) -> None:
        key = (once.subject, once.scope, once.key) if once else None
        if key and key in (self._store.booking_keys | self._keys).values():
            raise RequestInProgress
        self._bookings[booking.order_id] = replace(booking, quantities=dict(booking.quantities))
        self._keys[booking.order_id] = key

    def keep(self, booking: Reservation) -> None:
        stored = self._found(booking.order_id)
        if stored is None or stored.state is not ReservationState.PENDING:
            raise ReservationLost(booking.order_id)
        self._put(replace(stored, state=ReservationState.CONFIRMED, shipment_id=booking.shipment_id))

    def claim(self, *, now: datetime, until: datetime) -> Reservation | None:
        everything = (self._store.bookings | self._bookings).values()
        due = [one for one in everything if one and one.state is not ReservationState.CONFIRMED and one.due_at <= now]
        if not due:
            return None
        first = min(due, key=lambda one: (one.due_at, one.order_id))
        claimed = replace(first, state=ReservationState.RELEASING, due_at=until, shipment_requested=True)
        self._bookings[first.order_id] = claimed
        return replace(claimed, quantities=dict(claimed.quantities))

    def put_off(self, booking: Reservation, *, until: datetime) -> None:
        stored = self._found(booking.order_id)
        if stored and stored.state is not ReservationState.CONFIRMED:
            state, shipment_id = ReservationState.RELEASING, booking.shipment_id
            self._put(replace(stored, state=state, shipment_id=shipment_id, due_at=until))

    def remove(self, booking: Reservation) -> None:
        stored = self._found(booking.order_id)
        if stored and stored.state is not ReservationState.CONFIRMED:
            self._bookings[booking.order_id] = self._keys[booking.order_id] = None

    def give_back(self, order_id: UUID, *, at: datetime) -> None:
        """Make what is kept for the order due for release."""
        stored = self._found(order_id)
        if stored and stored.state is ReservationState.CONFIRMED:
            self._put(replace(stored, state=ReservationState.RELEASING, due_at=at))

    def merge(self) -> None:
        """Make the staged changes those of the store; ``store.reading`` is held."""
        for order_id, booking in self._bookings.items():
            if booking is None:
                self._store.bookings.pop(order_id, None)
            else:
                self._store.bookings[order_id] = booking
        for order_id, key in self._keys.items():
            if key is None:
                self._store.booking_keys.pop(order_id, None)
            else:
                self._store.booking_keys[order_id] = key

    def _found(self, order_id: UUID) -> Reservation | None:
        return self._bookings.get(order_id, self._store.bookings.get(order_id))

    def _put(self, booking: Reservation) -> None:
        self._bookings[booking.order_id] = booking
        self._keys[booking.order_id] = None
