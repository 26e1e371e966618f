"""Checks of the rows of an order and of its shipments: they are what its history says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, update

from orders_adapters.sql import tables
from orders_adapters.sql.consistency.found import UNREADABLE, Found
from orders_adapters.sql.consistency.records import OrderRecords
from orders_adapters.sql.mappers import entry_values, event_values, insert_all, order_values, to_order
from orders_adapters.sql.mapping import shipments
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.consistency.finding import FindingKind
from orders_domain.model.events import event_for
from orders_domain.model.life.changes import MAX_NOTE_LENGTH, annotate
from orders_domain.model.life.shipments import Shipment
from orders_domain.model.order import Order

UNWRITTEN = ("id", "number", "cart_snapshot_id", "contact")
"""Columns that the history does not say: a cart may be released, and contacts are personal data."""
_KINDS = {
    "version": FindingKind.ORDER_VERSION,
    **dict.fromkeys(("status", "cancellation_reason", "deleted_at", "updated_at"), FindingKind.ORDER_STATUS),
    **dict.fromkeys(("captured_minor", "refunded_minor", "refunding_minor"), FindingKind.PAYMENT_TOTALS),
    **dict.fromkeys(("payment_status", "fulfillment_status", "is_held", "expires_at"), FindingKind.ORDER_AXES),
}
"""The kind of the columns; the others are as the order was placed."""
_CONTENT = ("items", "cart", "lines", "charges", "life")


def history_flaw(records: OrderRecords) -> str | None:
    """Return why the history does not say what the order is, or None."""
    versions = [entry.version for entry in records.entries]
    if not versions:
        return "The order has no history."
    if missing := sorted(set(range(1, max(versions))) - set(versions)):
        return f"The history lacks version {missing[0]}."
    if versions[-1] < records.row.version:
        return f"The order is at version {records.row.version}, and the history ends with version {versions[-1]}."
    for before, entry in zip(records.entries, records.entries[1:], strict=False):
        if entry.from_status is not before.to_status:
            return f"The entry of version {entry.version} does not begin with the status of the entry before."
    return None


def find(records: OrderRecords, order: Order) -> Iterator[Found]:
    """Yield what differs between the rows and the order of the history. One repair writes all of the rows."""
    expected, stored = order_values(order), records.row._mapping
    differing = [name for name, value in expected.items() if name not in UNWRITTEN and stored[name] != value]
    if set(differing) & set(_CONTENT):
        differing = _without_equal(differing, records, order)
    texts = [(_kind(name, records, order), _text(name, stored[name], expected[name])) for name in differing]
    if text := _shipment_text(records, order):
        texts.append((FindingKind.SHIPMENTS, text))
    repair = partial(_rewrite, order, [text for _, text in texts])
    for kind, text in texts:
        yield Found(kind=kind, key=records.id, subject=records.subject, text=text, repair=repair)
    known = {UUID(shipment.id) for shipment in order.life.shipments}
    if surplus := [row.id for row in records.of("shipments") if row.id not in known]:
        text = f"The shipment {surplus[0]} is stored, and is not in the history."
        yield Found(kind=FindingKind.SHIPMENTS, key=records.id, subject=records.subject, text=text)


def _shipment_text(records: OrderRecords, order: Order) -> str | None:
    """Return a sentence about the first shipment whose row is not what the history says, or None."""
    stored = {row.id: row.content for row in records.of("shipments")}
    for shipment in order.life.shipments:
        content = stored.get(UUID(shipment.id))
        if content is None:
            return f"The shipment {shipment.id} is in the history, and is not stored."
        if content != shipment.as_json() and not _is_read_as(content, shipment):
            return f"The shipment {shipment.id} is not what the history says."
    return None


def _is_read_as(content: Mapping[str, Any], shipment: Shipment) -> bool:
    """Return whether the content is that of the shipment in the form of an earlier release."""
    try:
        return Shipment.from_json(content) == shipment
    except UNREADABLE:
        return False


def _without_equal(differing: Sequence[str], records: OrderRecords, order: Order) -> list[str]:
    """Leave out the content that only an earlier release wrote in another form."""
    try:
        stored = to_order(records.row)
    except UNREADABLE:
        return list(differing)
    expected = replace(order, life=order.life.without_shipments())
    return [name for name in differing if name not in _CONTENT or getattr(stored, name) != getattr(expected, name)]


def _kind(name: str, records: OrderRecords, order: Order) -> FindingKind:
    if name != "life":
        return _KINDS.get(name, FindingKind.ORDER_PLACEMENT)
    try:
        stored = to_order(records.row).life
    except UNREADABLE:
        return FindingKind.ORDER_LIFE
    return FindingKind.LINE_COUNTERS if stored.counters != order.life.counters else FindingKind.ORDER_LIFE


def _text(name: str, stored: Any, expected: Any) -> str:
    if name in _CONTENT or name not in _KINDS:  # which may be long, or personal data
        return f"{name} is not what the history says."
    return f"{name} is {_shown(stored)}, and the history says {_shown(expected)}."


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(getattr(value, "value", value))


def _rewrite(order: Order, texts: Sequence[str], connection: Connection, by: Actor, at: datetime) -> int:
    """Write the order of the history to its rows, with an internal note, so that each copy of it is refused."""
    note = f"The stored order was made to agree with its history: {' '.join(texts)}"
    annotate(order, note=note[:MAX_NOTE_LENGTH], by=by, at=at)
    values = {name: value for name, value in order_values(order).items() if name not in UNWRITTEN}
    connection.execute(update(tables.orders).where(tables.orders.c.id == order.id).values(values))
    shipments.complete(connection, order)
    insert_all(connection, tables.order_history, [entry_values(entry) for entry in order.new_entries])
    new = [event_for(entry, order) for entry in order.new_entries]
    insert_all(connection, tables.outbox, [event_values(event) for event in new])
    return order.version
