"""Records of a person beside the orders and the account, each kind with its statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    case,
    delete,
    func,
    null,
    or_,
    select,
    tuple_,
    update,
)

from orders_adapters.sql import tables
from orders_adapters.sql.tables.jobs import JobKind
from orders_domain.model.personal.fates import WORD
from orders_domain.model.personal.subject import DataSubject
from orders_domain.model.reservation import ReservationState
from orders_domain.ports.accounts.personal_data import RECORD_KINDS, PersonalRecord

PAGE = 100
KINDS = RECORD_KINDS

_jobs = tables.jobs.c
_holds = tables.stock_holds.c
_reservations = tables.reservations.c
_movements = tables.stock_movements.c


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A table, the condition of the person's rows, the columns of an export, and what an erasure does with rows."""

    table: Table
    of: Callable[[DataSubject], ColumnElement[bool]]
    columns: tuple[str, ...]
    erase: Callable[[Connection, Table, ColumnElement[bool], DataSubject], int]


def page(connection: Connection, kind: str, subject: DataSubject, *, skip: int) -> Sequence[PersonalRecord]:
    """Return the records of a kind after the first ``skip``."""
    found = _KINDS[kind]
    table = found.table
    statement = (
        select(*(table.c[name] for name in found.columns))
        .where(found.of(subject))
        .order_by(*table.primary_key.columns)
        .offset(skip)
        .limit(PAGE)
    )
    rows = connection.execute(statement).all()
    return [
        PersonalRecord(kind=kind, values={name: _json(value) for name, value in zip(found.columns, row, strict=True)})
        for row in rows
    ]


def erase(connection: Connection, kind: str, subject: DataSubject, *, limit: int) -> int:
    """Erase at most ``limit`` records of a kind; return their number."""
    found = _KINDS[kind]
    keys = list(found.table.primary_key.columns)
    rows = connection.execute(select(*keys).where(found.of(subject)).order_by(*keys).limit(limit)).all()
    if not rows:
        return 0
    return found.erase(connection, found.table, _among(keys, rows), subject)


def _among(keys: Sequence[Column[Any]], rows: Sequence[Row[Any]]) -> ColumnElement[bool]:
    if len(keys) == 1:
        return keys[0].in_([row[0] for row in rows])
    return tuple_(*keys).in_([tuple(row) for row in rows])


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return str(value) if isinstance(value, UUID) else getattr(value, "value", value)


def _delete(connection: Connection, table: Table, rows: ColumnElement[bool], subject: DataSubject) -> int:
    return connection.execute(delete(table).where(rows)).rowcount


def _erase_holds(connection: Connection, table: Table, rows: ColumnElement[bool], subject: DataSubject) -> int:
    """Replace the user of the holds and of their movements, because the ledger of the stock refers to both."""
    held = select(_holds.id).where(rows)
    connection.execute(
        update(tables.stock_movements)
        .where(_movements.hold_id.in_(held), _movements.actor.in_(subject.user_ids))
        .values(actor=WORD)
    )
    values: dict[str, Any] = {"user_id": WORD, **dict.fromkeys(("key_subject", "key_scope", "key", "fingerprint"))}
    return connection.execute(update(table).where(rows).values(values)).rowcount


def _erase_reservations(connection: Connection, table: Table, rows: ColumnElement[bool], subject: DataSubject) -> int:
    is_own = _reservations.key_subject.in_(subject.user_ids)
    keys = {name: case((is_own, null()), else_=table.c[name]) for name in ("key_subject", "key_scope", "key")}
    return connection.execute(update(table).where(rows).values(user_id=WORD, shipping_address=None, **keys)).rowcount


_KINDS: Mapping[str, _Kind] = {
    "template": _Kind(
        table=tables.order_templates,
        of=lambda subject: tables.order_templates.c.user_id.in_(subject.user_ids),
        columns=("id", "name", "requested_items", "address", "created_at"),
        erase=_delete,
    ),
    "stock_hold": _Kind(
        table=tables.stock_holds,
        of=lambda subject: or_(_holds.user_id.in_(subject.user_ids), _holds.key_subject.in_(subject.user_ids)),
        columns=("id", "created_at", "expires_at", "ended_at"),
        erase=_erase_holds,
    ),
    "request": _Kind(  # a bulk change that still runs is finished first, because it is not about the person
        table=tables.jobs,
        of=lambda subject: and_(
            _jobs.actor.in_(subject.user_ids),
            or_(_jobs.kind == JobKind.PLACEMENT, _jobs.status.not_in(tables.UNFINISHED)),
        ),
        columns=("id", "kind", "status", "created_at", "reason", "request", "request_body", "answer", "answer_body"),
        erase=_delete,
    ),
    "idempotency_key": _Kind(
        table=tables.idempotency_keys,
        of=lambda subject: tables.idempotency_keys.c.subject.in_(subject.user_ids),
        columns=("scope", "key", "order_id", "at"),
        erase=_delete,
    ),
    "reservation": _Kind(
        table=tables.reservations,
        of=lambda subject: and_(
            or_(_reservations.user_id.in_(subject.user_ids), _reservations.key_subject.in_(subject.user_ids)),
            _reservations.state != ReservationState.PENDING,  # its services are being called
        ),
        columns=("order_id", "quantities", "shipping_address", "shipment_id", "state", "created_at"),
        erase=_erase_reservations,
    ),
    "alert_recipient": _Kind(
        table=tables.alert_recipients,
        of=lambda subject: func.lower(tables.alert_recipients.c.address).in_(subject.emails),
        columns=("alert", "address", "language"),
        erase=_delete,
    ),
}
