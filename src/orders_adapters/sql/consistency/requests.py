"""Areas of requests: reservations at other services, and idempotency keys, belong to an order that exists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, delete, null, select, tuple_, update

from orders_adapters.sql import tables
from orders_adapters.sql.consistency.found import BATCH, Area, Batch, Found, last_of
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.consistency.finding import FindingKind, Key
from orders_domain.model.reservation import ReservationState
from orders_domain.model.status import OrderStatus
from orders_domain.ports.outbox import DUE_AT_ONCE

MAX_LEASE = timedelta(hours=1)
"""A lease is renewed or given up after minutes; a later time is none that a process has set."""
_reservations, _orders, _keys = tables.reservations.c, tables.orders.c, tables.idempotency_keys.c
_of = bindparam("of", type_=_orders.id.type)
_ORDER = (_orders.number.label("stored"), _orders.status, _orders.deleted_at)
_RESERVATIONS = (
    select(
        _reservations.order_id, tables.reservations, _orders.number.label("stored"), _orders.status, _orders.deleted_at
    )
    .outerjoin(tables.orders, _orders.id == _reservations.order_id)
    .order_by(_reservations.order_id)
    .limit(BATCH)
)
_LOCK_RESERVATION = select(_reservations.order_id).where(_reservations.order_id == _of).with_for_update()
_LOCK_ORDER = select(_orders.id).where(_orders.id == _of).with_for_update(key_share=True)
_KEYLESS = {name: null() for name in ("key_subject", "key_scope", "key")}
_RELEASE = {"state": ReservationState.RELEASING, "due_at": DUE_AT_ONCE}
_PRIMARY = (_keys.subject, _keys.scope, _keys.key)
_KEYS = (
    select(*_PRIMARY, _keys.order_id, _orders.id.label("stored"))
    .outerjoin(tables.orders, _orders.id == _keys.order_id)
    .order_by(*_PRIMARY)
    .limit(BATCH)
)


def _examine_reservations(connection: Connection, after: Key | None, now: datetime) -> Batch:
    statement = _RESERVATIONS if after is None else _RESERVATIONS.where(_reservations.order_id > after)
    page = connection.execute(statement).all()
    return Batch([found for row in page for found in _wrong_reservation(row, now)], len(page), last_of(page))


def _lock_reservation(connection: Connection, key: Key, now: datetime) -> Sequence[Found]:
    """Lock the order first, as its changes do, and then the reservation."""
    connection.execute(_LOCK_ORDER, {"of": key})
    connection.execute(_LOCK_RESERVATION, {"of": key})
    page = connection.execute(_RESERVATIONS.where(_reservations.order_id == key)).all()
    return [found for row in page for found in _wrong_reservation(row, now)]


def _wrong_reservation(row: Any, now: datetime) -> Iterator[Found]:
    lives = row.stored is not None and row.deleted_at is None and row.status is not OrderStatus.CANCELED
    subject = f"order {row.stored}" if row.stored is not None else f"reservation {row.order_id}"

    def found(kind: FindingKind, text: str, values: dict[str, Any] | None) -> Found:
        repair = None if values is None else partial(_update, row.order_id, values)
        return Found(kind=kind, key=row.order_id, subject=subject, text=text, repair=repair)

    match row.state:
        case ReservationState.CONFIRMED if not lives:
            why = "There is no such order" if row.stored is None else "The order is canceled or deleted"
            yield found(FindingKind.RESERVATION, f"{why}, and other services hold its units.", _RELEASE | _KEYLESS)
        case ReservationState.CONFIRMED if row.key is not None:
            text = "The order is stored, and its idempotency key is still in progress."
            yield found(FindingKind.RESERVATION_KEY, text, dict(_KEYLESS))
        case ReservationState.PENDING if lives:
            text = "The order is stored, and its reservation would be released, because it is not confirmed."
            confirmed = {"state": ReservationState.CONFIRMED, **_KEYLESS}
            yield found(FindingKind.RESERVATION_STATE, text, confirmed)
        case ReservationState.RELEASING if lives:
            text = "The order is open, and its reservation is being released; the other services must be asked."
            yield found(FindingKind.RESERVATION_STATE, text, None)
        case ReservationState.PENDING | ReservationState.RELEASING if row.due_at > now + MAX_LEASE:
            text = f"The reservation is not released before {row.due_at:%Y-%m-%d %H:%M}."
            yield found(FindingKind.RESERVATION_LEASE, text, {"due_at": DUE_AT_ONCE})


def _update(order_id: UUID, values: dict[str, Any], connection: Connection, by: Actor, at: datetime) -> None:
    connection.execute(update(tables.reservations).where(_reservations.order_id == order_id).values(values))


def _examine_keys(connection: Connection, after: Key | None, now: datetime) -> Batch:
    statement = _KEYS if after is None else _KEYS.where(tuple_(*_PRIMARY) > after)
    page = connection.execute(statement).all()
    last = None if last_of(page) is None else tuple(page[-1][:3])
    return Batch(list(_orderless_keys(page)), len(page), last)


def _lock_key(connection: Connection, key: Any, now: datetime) -> Sequence[Found]:
    of = and_(*(column == value for column, value in zip(_PRIMARY, key, strict=True)))
    connection.execute(select(_keys.key).where(of).with_for_update())
    return list(_orderless_keys(connection.execute(_KEYS.where(of)).all()))


def _orderless_keys(page: Sequence[Any]) -> Iterator[Found]:
    for row in page:
        if row.stored is None:
            yield Found(
                kind=FindingKind.IDEMPOTENCY_KEY,
                key=(row.subject, row.scope, row.key),
                subject=f"order {row.order_id}",
                text=f"There is no such order, and an idempotency key of {row.scope!r} refers to it.",
                repair=partial(_delete_key, (row.subject, row.scope, row.key)),
            )


def _delete_key(key: tuple[str, str, str], connection: Connection, by: Actor, at: datetime) -> None:
    of = and_(*(column == value for column, value in zip(_PRIMARY, key, strict=True)))
    connection.execute(delete(tables.idempotency_keys).where(of))


RESERVATIONS = Area(examine=_examine_reservations, lock=_lock_reservation, keys=select(_reservations.order_id))
KEYS = Area(examine=_examine_keys, lock=_lock_key, keys=select(*_PRIMARY))
