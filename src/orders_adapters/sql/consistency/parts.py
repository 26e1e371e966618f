"""Checks of the tables that an order's history fills: lines, payments, tags, items, returns, and events of carriers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, and_, delete, update
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.consistency.found import Found, difference
from orders_adapters.sql.consistency.records import OrderRecords
from orders_adapters.sql.mappers import (
    fact_values,
    insert_all,
    item_values,
    payment_sum_values,
    stored_counter_values,
)
from orders_domain.model import history
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.consistency.finding import FindingKind
from orders_domain.model.order import Order

Values = dict[str, Any]
_INSERT: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


@dataclass(frozen=True, slots=True)
class _Part:
    """A table: the key of its rows beside the order, the rows that the history says, and how a repair writes them."""

    kind: FindingKind
    table: Table
    keys: tuple[str, ...]
    noun: str
    expected: Callable[[Order, OrderRecords], list[Values]]
    repair: Callable[..., None]
    is_ledger: bool = False  # rows of no history are not deleted, because others may refer to them


def find(records: OrderRecords, order: Order) -> Iterator[Found]:
    """Yield a finding for each table whose rows are not those that the history says."""
    for part in _PARTS:
        rows = part.expected(order, records)
        stored = records.of(part.table.name)
        if not rows and not stored:
            continue
        names = [name for name in (rows[0] if rows else stored[0]._mapping) if name != "order_id"]
        expected = {_key(part, row): {name: row[name] for name in names} for row in rows}
        found = {_key(part, row._mapping): {name: row._mapping[name] for name in names} for row in stored}
        if found == expected:
            continue
        surplus = part.is_ledger and bool(found.keys() - expected.keys())
        yield Found(
            kind=part.kind,
            key=records.id,
            subject=records.subject,
            text=difference(_changed(found, expected), _changed(expected, found), noun=part.noun).replace("  ", " "),
            repair=None if surplus else partial(_repair, part, records.id, rows),
        )


def _changed(these: Mapping[Any, Values], others: Mapping[Any, Values]) -> dict[Any, Values]:
    """Return the rows that differ from the others, each without the values that do not."""
    return {
        key: {name: value for name, value in row.items() if key not in others or others[key][name] != value}
        for key, row in these.items()
        if others.get(key) != row
    }


def _key(part: _Part, row: Mapping[str, Any]) -> Any:
    values = tuple(row[name] for name in part.keys)
    return values[0] if len(values) == 1 else values


def _repair(part: _Part, order_id: UUID, rows: list[Values], connection: Connection, by: Actor, at: datetime) -> None:
    part.repair(connection, part, order_id, rows)


def _replace(connection: Connection, part: _Part, order_id: UUID, rows: list[Values]) -> None:
    connection.execute(delete(part.table).where(part.table.c.order_id == order_id))
    insert_all(connection, part.table, rows)


def _complete(connection: Connection, part: _Part, order_id: UUID, rows: list[Values]) -> None:
    """Insert the rows that are missing, and write the others; one that another order has is refused by its key."""
    for row in rows:
        key = and_(*(part.table.c[name] == row[name] for name in ("order_id", *part.keys)))
        if connection.execute(update(part.table).where(key).values(row)).rowcount == 0:
            insert_all(connection, part.table, [row])


def _complete_events(connection: Connection, part: _Part, order_id: UUID, rows: list[Values]) -> None:
    known = [{name: row[name] for name in part.keys} for row in rows]
    adding = _INSERT[connection.dialect.name](part.table).on_conflict_do_nothing()
    connection.execute(adding, known)


def _facts(order: Order, records: OrderRecords) -> list[Values]:
    """Return the facts of all entries, which the mapper takes from the entries that are new."""
    recorded = replace(order, new_entries=list(records.entries))
    return fact_values(recorded)


def _tags(order: Order, records: OrderRecords) -> list[Values]:
    return [{"order_id": order.id, "tag": tag} for tag in order.life.tags]


def _returns(order: Order, records: OrderRecords) -> list[Values]:
    return [{"order_id": order.id, "id": UUID(known.id)} for known in order.life.returns]


def _shipment_events(order: Order, records: OrderRecords) -> list[Values]:
    known = {shipment.id for shipment in order.life.shipments}
    entries: list[Any] = [entry.details for entry in records.entries if entry.kind == history.SHIPMENT_CHANGED]
    return [
        {
            "order_id": order.id,
            "shipment_id": UUID(details["shipment_id"]),
            "event_id": details["event"]["event_id"],
        }
        for details in entries
        if details["shipment_id"] in known
    ]


_PARTS = (
    _Part(
        FindingKind.LINE_BOUNDS,
        tables.order_lines,
        ("number",),
        "The counter of line",
        lambda order, records: stored_counter_values(order),
        _replace,
    ),
    _Part(
        FindingKind.PAYMENT_SUMS,
        tables.payment_sums,
        ("provider",),
        "The sum of payments at",
        lambda order, records: payment_sum_values(order),
        _replace,
    ),
    _Part(
        FindingKind.PAYMENT_FACTS,
        tables.payment_facts,
        ("provider", "reference"),
        "The payment fact",
        _facts,
        _complete,
        is_ledger=True,
    ),
    _Part(FindingKind.ORDER_TAGS, tables.order_tags, ("tag",), "The tag", _tags, _replace),
    _Part(
        FindingKind.ORDER_PRODUCTS,
        tables.order_items,
        ("position",),
        "The product at position",
        lambda order, records: item_values(order),
        _replace,
    ),
    _Part(
        FindingKind.RETURNS,
        tables.order_returns,
        ("id",),
        "The return",
        _returns,
        _complete,
        is_ledger=True,
    ),
    _Part(
        FindingKind.SHIPMENTS,
        tables.shipment_events,
        ("shipment_id", "event_id"),
        "The shipment's event",
        _shipment_events,
        _complete_events,
        is_ledger=True,
    ),
)
