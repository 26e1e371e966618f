"""The bookings of one transaction, one statement each."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.column_types import Moment
from orders_adapters.sql.errors import translate_errors
from orders_domain.errors import RequestInProgress, ReservationLost
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.reservation import Reservation, ReservationState

_bookings = tables.bookings.c
_KEYLESS = {name: null() for name in ("key_subject", "key_scope", "key")}

# An order's id is new, so what conflicts is the key.
_ADD: dict[str, Any] = {
    "postgresql": postgresql.insert(tables.bookings).on_conflict_do_nothing().returning(_bookings.order_id),
    "sqlite": sqlite.insert(tables.bookings).on_conflict_do_nothing().returning(_bookings.order_id),
}
_KEEP = (
    update(tables.bookings)
    .where(_bookings.order_id == bindparam("of"), _bookings.state == ReservationState.PENDING)
    .values(state=ReservationState.CONFIRMED, shipment_id=bindparam("shipment"), **_KEYLESS)
)
_UNKEPT = _bookings.state.in_(tables.UNKEPT)
_DUE = (
    select(_bookings.order_id)
    .where(_UNKEPT, _bookings.due_at <= bindparam("now", type_=Moment))
    .order_by(_bookings.due_at, _bookings.order_id)
    .limit(1)
    .with_for_update(skip_locked=True)  # two that claim take different ones
    .scalar_subquery()
)
_CLAIM = (
    update(tables.bookings)
    .where(_bookings.order_id == _DUE)
    .values(state=ReservationState.RELEASING, due_at=bindparam("until", type_=Moment))
    .returning(tables.bookings)
)
_PUT_OFF = (
    update(tables.bookings)
    .where(_bookings.order_id == bindparam("of"), _UNKEPT)
    .values(
        state=ReservationState.RELEASING,
        due_at=bindparam("until", type_=Moment),
        shipment_id=bindparam("shipment"),
        **_KEYLESS,
    )
)
_REMOVE = delete(tables.bookings).where(_bookings.order_id == bindparam("of"), _UNKEPT)


class Bookings:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, booking: Reservation, once: IdempotencyKey | None = None) -> None:
        values = _values(booking) | {
            "key_subject": once.subject if once else None,
            "key_scope": once.scope if once else None,
            "key": once.key if once else None,
        }
        with translate_errors():
            added = self._connection.scalar(_ADD[self._connection.dialect.name], values)
        if added is None:
            raise RequestInProgress

    def keep(self, booking: Reservation) -> None:
        values = {"of": booking.order_id, "shipment": booking.shipment_id}
        with translate_errors():
            if self._connection.execute(_KEEP, values).rowcount != 1:
                raise ReservationLost(booking.order_id)

    def claim(self, *, now: datetime, until: datetime) -> Reservation | None:
        with translate_errors():
            row = self._connection.execute(_CLAIM, {"now": now, "until": until}).one_or_none()
        return None if row is None else _booking_of(row)

    def put_off(self, booking: Reservation, *, until: datetime) -> None:
        values = {"of": booking.order_id, "shipment": booking.shipment_id, "until": until}
        with translate_errors():
            self._connection.execute(_PUT_OFF, values)

    def remove(self, booking: Reservation) -> None:
        with translate_errors():
            self._connection.execute(_REMOVE, {"of": booking.order_id})


def _values(booking: Reservation) -> dict[str, Any]:
    return {
        "order_id": booking.order_id,
        "user_id": booking.user_id,
        "wanted": [[product_id, quantity] for product_id, quantity in booking.quantities.items()],
        "shipment_id": booking.shipment_id,
        "state": booking.state,
        "created_at": booking.created_at,
        "due_at": booking.due_at,
    }


def _booking_of(row: Row[Any]) -> Reservation:
    return Reservation(
        order_id=row.order_id,
        user_id=row.user_id,
        quantities=dict(row.wanted),
        shipment_id=row.shipment_id,
        state=row.state,
        created_at=row.created_at,
        due_at=row.due_at,
    )
