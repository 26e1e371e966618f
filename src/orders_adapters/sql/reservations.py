"""Reservation repository of one transaction, one statement per operation."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.tables.column_types import UtcDateTime
from orders_domain.errors import RequestInProgress, ReservationLost
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.reservation import Reservation, ReservationState
from orders_domain.ports.reservations import ReservationRepository

_reservations = tables.reservations.c
_KEYLESS = {name: null() for name in ("key_subject", "key_scope", "key")}

# Only the idempotency key can conflict, because the id of an order is always new.
_ADD: dict[str, Any] = {
    "postgresql": postgresql.insert(tables.reservations).on_conflict_do_nothing().returning(_reservations.order_id),
    "sqlite": sqlite.insert(tables.reservations).on_conflict_do_nothing().returning(_reservations.order_id),
}
_CONFIRM = (
    update(tables.reservations)
    .where(_reservations.order_id == bindparam("of"), _reservations.state == ReservationState.PENDING)
    .values(state=ReservationState.CONFIRMED, shipment_id=bindparam("shipment"), shipping_address=null(), **_KEYLESS)
)
_UNCONFIRMED = _reservations.state.in_(tables.UNCONFIRMED)
_DUE = (
    select(_reservations.order_id)
    .where(_UNCONFIRMED, _reservations.due_at <= bindparam("now", type_=UtcDateTime))
    .order_by(_reservations.due_at, _reservations.order_id)
    .limit(1)
    .with_for_update(skip_locked=True)  # so that concurrent claims get different reservations
    .scalar_subquery()
)
_CLAIM = (
    update(tables.reservations)
    .where(_reservations.order_id == _DUE)
    .values(state=ReservationState.RELEASING, due_at=bindparam("until", type_=UtcDateTime))
    .returning(tables.reservations)
)
_POSTPONE = (
    update(tables.reservations)
    .where(_reservations.order_id == bindparam("of"), _UNCONFIRMED)
    .values(
        state=ReservationState.RELEASING,
        due_at=bindparam("until", type_=UtcDateTime),
        shipment_id=bindparam("shipment"),
        **_KEYLESS,
    )
)
_DELETE = delete(tables.reservations).where(_reservations.order_id == bindparam("of"), _UNCONFIRMED)


class SqlReservationRepository(ReservationRepository):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, reservation: Reservation, idempotency_key: IdempotencyKey | None = None) -> None:
        values = _values(reservation) | {
            "key_subject": idempotency_key.subject if idempotency_key else None,
            "key_scope": idempotency_key.scope if idempotency_key else None,
            "key": idempotency_key.key if idempotency_key else None,
        }
        with translate_errors():
            added = self._connection.scalar(_ADD[self._connection.dialect.name], values)
        if added is None:
            raise RequestInProgress

    def confirm(self, reservation: Reservation) -> None:
        values = {"of": reservation.order_id, "shipment": reservation.shipment_id}
        with translate_errors():
            if self._connection.execute(_CONFIRM, values).rowcount != 1:
                raise ReservationLost(reservation.order_id)

    def claim_due(self, *, now: datetime, until: datetime) -> Reservation | None:
        with translate_errors():
            row = self._connection.execute(_CLAIM, {"now": now, "until": until}).one_or_none()
        return None if row is None else _to_reservation(row)

    def postpone(self, reservation: Reservation, *, until: datetime) -> None:
        values = {"of": reservation.order_id, "shipment": reservation.shipment_id, "until": until}
        with translate_errors():
            self._connection.execute(_POSTPONE, values)

    def delete(self, reservation: Reservation) -> None:
        with translate_errors():
            self._connection.execute(_DELETE, {"of": reservation.order_id})


def _values(reservation: Reservation) -> dict[str, Any]:
    return {
        "order_id": reservation.order_id,
        "user_id": reservation.user_id,
        "quantities": [[product_id, quantity] for product_id, quantity in reservation.quantities.items()],
        "shipment_id": reservation.shipment_id,
        "state": reservation.state,
        "created_at": reservation.created_at,
        "due_at": reservation.due_at,
        "number": reservation.number,
        "shipping_address": reservation.shipping_address,
    }


def _to_reservation(row: Row[Any]) -> Reservation:
    return Reservation(
        order_id=row.order_id,
        user_id=row.user_id,
        quantities=dict(row.quantities),
        shipment_id=row.shipment_id,
        state=row.state,
        created_at=row.created_at,
        due_at=row.due_at,
        number=row.number,
        shipping_address=row.shipping_address,
    )
