"""In-memory reservation repository of one unit of work, staged until commit."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from orders_adapters.memory.store import InMemoryStore
from orders_domain.errors import RequestInProgress, ReservationLost
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.reservation import Reservation, ReservationState
from orders_domain.ports.outbox import DUE_AT_ONCE
from orders_domain.ports.reservations import ReservationRepository

_Key = tuple[str, str, str]


class InMemoryReservationRepository(ReservationRepository):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store
        self._reservations: dict[UUID, Reservation | None] = {}  # None: deleted
        self._keys: dict[UUID, _Key | None] = {}  # None: released

    def add(self, reservation: Reservation, idempotency_key: IdempotencyKey | None = None) -> None:
        key = (idempotency_key.subject, idempotency_key.scope, idempotency_key.key) if idempotency_key else None
        if key and key in (self._store.reservation_keys | self._keys).values():
            raise RequestInProgress
        self._reservations[reservation.order_id] = replace(reservation, quantities=dict(reservation.quantities))
        self._keys[reservation.order_id] = key

    def confirm(self, reservation: Reservation) -> None:
        stored = self._stored(reservation.order_id)
        if stored is None or stored.state is not ReservationState.PENDING:
            raise ReservationLost(reservation.order_id)
        confirmed = replace(stored, state=ReservationState.CONFIRMED, shipment_id=reservation.shipment_id)
        self._stage(replace(confirmed, shipping_address=None))

    def claim_due(self, *, now: datetime, until: datetime) -> Reservation | None:
        reservations = filter(None, (self._store.reservations | self._reservations).values())
        unconfirmed = (item for item in reservations if item.state is not ReservationState.CONFIRMED)
        due = [reservation for reservation in unconfirmed if reservation.due_at <= now]
        if not due:
            return None
        first = min(due, key=lambda reservation: (reservation.due_at, reservation.order_id))
        claimed = replace(first, state=ReservationState.RELEASING, due_at=until, shipment_requested=True)
        self._reservations[first.order_id] = claimed
        return replace(claimed, quantities=dict(claimed.quantities))

    def postpone(self, reservation: Reservation, *, until: datetime) -> None:
        stored = self._stored(reservation.order_id)
        if stored and stored.state is not ReservationState.CONFIRMED:
            state, shipment_id = ReservationState.RELEASING, reservation.shipment_id
            self._stage(replace(stored, state=state, shipment_id=shipment_id, due_at=until))

    def delete(self, reservation: Reservation) -> None:
        stored = self._stored(reservation.order_id)
        if stored and stored.state is not ReservationState.CONFIRMED:
            self._reservations[reservation.order_id] = self._keys[reservation.order_id] = None

    def make_due_for_release(self, order_id: UUID) -> None:
        """Make a confirmed reservation of the order due for release."""
        stored = self._stored(order_id)
        if stored and stored.state is ReservationState.CONFIRMED:
            self._stage(replace(stored, state=ReservationState.RELEASING, due_at=DUE_AT_ONCE))

    def merge(self) -> None:
        """Copy the staged changes to the store. The caller must hold ``store.read_lock``."""
        for order_id, reservation in self._reservations.items():
            if reservation is None:
                self._store.reservations.pop(order_id, None)
            else:
                self._store.reservations[order_id] = reservation
        for order_id, key in self._keys.items():
            if key is None:
                self._store.reservation_keys.pop(order_id, None)
            else:
                self._store.reservation_keys[order_id] = key

    def _stored(self, order_id: UUID) -> Reservation | None:
        return self._reservations.get(order_id, self._store.reservations.get(order_id))

    def _stage(self, reservation: Reservation) -> None:
        self._reservations[reservation.order_id] = reservation
        self._keys[reservation.order_id] = None
