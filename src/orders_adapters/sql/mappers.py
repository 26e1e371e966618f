"""Mappers between rows and orders, history entries and events."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table

from orders_adapters.sql import tables
from orders_adapters.sql.sharding import shard_of
from orders_domain.model.address import Address
from orders_domain.model.cart import Cart
from orders_domain.model.custom_item import CustomItem
from orders_domain.model.events import Event
from orders_domain.model.history import HistoryEntry
from orders_domain.model.money import Money
from orders_domain.model.order import Order, rebuild
from orders_domain.model.product import OrderLine
from orders_domain.ports.outbox import OutboxMessage, OutboxState

Values = dict[str, Any]
"""The values of a row, by column."""


def order_values(order: Order) -> Values:
    return {
        "id": order.id,
        "origin": order.origin,
        "user_id": order.user_id,
        "items": [] if order.cart else [item.content for item in order.items],
        "cart": order.cart.content if order.cart else None,
        "cart_snapshot_id": order.cart.snapshot_id if order.cart else None,
        "total_minor": order.total.minor,
        "currency": order.total.currency,
        "status": order.status,
        "version": order.version,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
        "deleted_at": order.deleted_at,
        "cancellation_reason": order.cancellation_reason,
        "lines": [[line.product_id, line.quantity, line.unit_price.minor] for line in order.lines],
        **{column: getattr(order.address, field, None) for field, column in tables.SHIPPING.items()},
        "shipment_id": order.shipment_id,
    }


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
    cart = None if row.cart is None else Cart(row.cart)
    return Order(
        id=row.id,
        origin=row.origin,
        number=row.number,
        user_id=row.user_id,
        items=cart.items if cart else tuple(CustomItem(content) for content in row.items),
        cart=cart,
        total=Money(row.total_minor, row.currency),
        status=row.status,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
        cancellation_reason=row.cancellation_reason,
        lines=tuple(
            OrderLine(product_id=product_id, quantity=quantity, unit_price=Money(minor, row.currency))
            for product_id, quantity, minor in row.lines
        ),
        address=_to_address(row),
        shipment_id=row.shipment_id,
    )


def _to_address(row: Row[Any]) -> Address | None:
    values = {field: row._mapping[column] for field, column in tables.SHIPPING.items()}
    return None if values["line1"] is None else Address(**values)


def entry_values(entry: HistoryEntry) -> Values:
    return {
        "order_id": entry.order_id,
        "version": entry.version,
        "what": entry.kind,
        "at": entry.at,
        "actor": entry.actor,
        "role": entry.role,
        "request_id": entry.request_id,
        "traceparent": entry.traceparent,
        "from_status": entry.from_status,
        "to_status": entry.to_status,
        "details": entry.details,
    }


def to_entry(row: Row[Any]) -> HistoryEntry:
    return HistoryEntry(kind=row.what, **{name: value for name, value in row._mapping.items() if name != "what"})


def to_placed_order(row: Row[Any]) -> Order:
    """Return an order as it was placed, from its number and the columns of its first history entry."""
    values = {column.name: row._mapping[column] for column in tables.order_history.c if column.name != "what"}
    return rebuild([HistoryEntry(kind=row.what, **values)], number=row.number)


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
        "due_at": event.at,
        "last_error": None,
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
    if rows:  # a single row is passed alone, because a list takes a slower path
        connection.execute(table.insert().inline(), rows if len(rows) > 1 else rows[0])
