"""Mappers between rows and orders, history entries and events."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Insert, Row, Table, bindparam

from orders_adapters.sql import tables
from orders_adapters.sql.engine.compiled_statement import CompiledStatement
from orders_adapters.sql.sharding import shard_of
from orders_domain.model import order_state
from orders_domain.model.accounts.contact import NO_CONTACT, Contact
from orders_domain.model.events import Event
from orders_domain.model.history import RETURN_KINDS, HistoryEntry
from orders_domain.model.life.changes import fulfillment_status, payment_status
from orders_domain.model.life.lines import line_counter, line_quantity
from orders_domain.model.life.payments import Payment, PaymentKind, by_provider
from orders_domain.model.life.returns import awaited_units
from orders_domain.model.life.shipments import Shipment
from orders_domain.model.order import Order, order_from_state, rebuild
from orders_domain.ports.outbox import DUE_AT_ONCE, OutboxMessage, OutboxState

Values = dict[str, Any]
"""The values of a row, by column."""


def order_values(order: Order) -> Values:
    """Return the row of a new order, without the number, which the store assigns."""
    values = order_state.order_values(order)
    address = values.pop("address") or {}
    del values["number"]
    return (
        values
        | axis_values(order)
        | {
            "cart_snapshot_id": order.cart.snapshot_id if order.cart else None,
            "contact": order.contact.as_json() or None,
            "life": life_values(order),
        }
        | {column: address.get(part) for part, column in tables.SHIPPING.items()}
    )


def life_values(order: Order) -> Values:
    """Return the column of the life of the order, which has the sums of the shipments only."""
    return order.life.without_shipments().as_json()


def to_contact(members: Mapping[str, Any] | None) -> Contact:
    """Return the contact of a stored column."""
    return Contact.stored(members) if members else NO_CONTACT


def axis_values(order: Order) -> Values:
    """Return the columns that are derived from the status and the life of the order."""
    return {
        "payment_status": payment_status(order),
        "fulfillment_status": fulfillment_status(order),
        "is_held": order.life.hold is not None,
        "expires_at": order.life.expires_at,
        "captured_minor": order.life.totals.captured,
        "refunded_minor": order.life.totals.refunded,
        "refunding_minor": order.life.totals.refunding,
    }


def fact_values(order: Order) -> list[Values]:
    """Return the rows of the payment facts that new history entries have."""
    facts = [
        Payment.from_json(cast(dict[str, Any], entry.details["payment"]))
        for entry in order.new_entries
        if "payment" in entry.details
    ]
    return [
        {
            "provider": fact.provider,
            "reference": fact.reference,
            "order_id": order.id,
            "kind": fact.kind,
            "amount_minor": fact.amount_minor,
            "recorded_at": fact.recorded_at,
        }
        for fact in facts
    ]


def payment_sum_values(order: Order) -> list[Values]:
    """Return the rows of the sums by provider."""
    authorizing = {fact.provider for fact in order.life.payments if fact.kind is PaymentKind.AUTHORIZED}
    return [
        {
            "order_id": order.id,
            "provider": provider,
            "authorizes": provider in authorizing,
            "authorized_minor": totals.authorized,
            "captured_minor": totals.captured,
        }
        for provider, totals in by_provider(order.life.payments).items()
    ]


def line_counter_values(order: Order) -> list[Values]:
    """Return the rows of the lines of which new history entries have changed units by themselves.

    They are those of every line with such a counter once the status says that no unit is open.
    """
    return _counter_rows(order, _changed_lines(order) & _counted_lines(order))


def stored_counter_values(order: Order) -> list[Values]:
    """Return the rows of all lines of which any entry of the history has changed units by themselves."""
    return _counter_rows(order, _counted_lines(order))


def _counter_rows(order: Order, numbers: Collection[int]) -> list[Values]:
    awaited = awaited_units(order.life.returns)
    return [
        {
            "order_id": order.id,
            "number": number,
            "quantity": line_quantity(order, number),
            "shipped": counter.shipped,
            "cancelled": counter.cancelled,
            "returned": counter.returned,
            "awaited": awaited.get(number, 0),
        }
        for number, counter in ((number, line_counter(order, number)) for number in sorted(numbers))
    ]


def _changed_lines(order: Order) -> set[int]:
    changed: set[int] = set()
    for entry in order.new_entries:
        details: Mapping[str, Any] = entry.details
        if entry.from_status is not entry.to_status:
            return set(order.life.counters)
        if entry.kind in RETURN_KINDS:
            return _counted_lines(order)
        lines = details["shipment"]["lines"] if "shipment" in details else details.get("lines", ())
        changed |= {number for number, _ in lines}
    return changed


def _counted_lines(order: Order) -> set[int]:
    """Return the numbers of the lines that have counters, and of those of which units may come back, or might have."""
    return {*order.life.counters, *(number for known in order.life.returns for number, _ in known.lines)}


def item_values(order: Order) -> list[Values]:
    """Return the order's lines as rows that refer to their products."""
    return [
        {
            "order_id": order.id,
            "position": position,
            "product_id": line.product_id,
            "quantity": line.quantity,
            "unit_price_minor": line.unit_price.minor,
            "subtotal_minor": line.subtotal.minor,
            "placed_at": order.created_at,
        }
        for position, line in enumerate(order.lines)
    ]


def to_order(row: Row[Any]) -> Order:
    """Return the order, with its shipments if the row has them (see ``orders_adapters.sql.mapping.shipments``)."""
    return order_of(cast(Mapping[str, Any], row._mapping))


def order_of(values: Mapping[str, Any]) -> Order:
    """Return the order of a row, whose values are by column."""
    address = {part: values[column] for part, column in tables.SHIPPING.items()}
    order = order_from_state({**values, "address": None if address["line1"] is None else address})
    order.contact = to_contact(values["contact"])
    if order.life.unread.count and (shipments := values.get("shipments")):
        order.life = order.life.with_shipments(map(Shipment.from_json, shipments))
    return order


def entry_values(entry: HistoryEntry) -> Values:
    return {
        "order_id": entry.order_id,
        "version": entry.version,
        "kind": entry.kind,
        "at": entry.at,
        "actor": entry.actor,
        "role": entry.role,
        "request_id": entry.request_id,
        "traceparent": entry.traceparent,
        "from_status": entry.from_status,
        "to_status": entry.to_status,
        "details": entry.details,
    }


def to_entry(values: Mapping[str, Any]) -> HistoryEntry:
    """Return the entry of a row, whose values are by column."""
    return HistoryEntry(**values)


def to_placed_order(row: Row[Any]) -> Order:
    """Return an order as it was placed, from its number and the columns of its first history entry."""
    entry = to_entry({column.name: row._mapping[column] for column in tables.ENTRY_COLUMNS})
    return rebuild([entry], number=row.number)


def event_values(event: Event) -> Values:
    """Return the outbox row of a new event."""
    return {
        "event_id": event.id,
        "order_id": event.order_id,
        "version": event.version,
        "type": event.type,
        "at": event.at,
        "data": event.data,
        "traceparent": event.traceparent,
        "shard": shard_of(event.order_id),
        "state": OutboxState.WAITING,
        "attempts": 0,
        "due_at": DUE_AT_ONCE,
        "last_error": None,
        "notifies": event.notifies,
    }


def to_message(row: Row[Any]) -> OutboxMessage:
    event = Event(
        id=row.event_id,
        type=row.type,
        order_id=row.order_id,
        version=row.version,
        at=row.at,
        data=row.data,
        traceparent=row.traceparent,
    )
    return OutboxMessage(
        event=event, state=row.state, attempts=row.attempts, due_at=row.due_at, last_error=row.last_error
    )


def insert_all(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert the rows, if any, in one statement."""
    if len(rows) == 1:
        _inserting_one(table, tuple(rows[0])).execute(connection, rows[0])
    elif rows:
        connection.execute(_inserting(table), rows)


@cache
def _inserting(table: Table) -> Insert:
    return table.insert().inline()


@cache
def _inserting_one(table: Table, names: tuple[str, ...]) -> CompiledStatement:
    return CompiledStatement(
        _inserting(table).values({name: bindparam(name, type_=table.c[name].type) for name in names})
    )
