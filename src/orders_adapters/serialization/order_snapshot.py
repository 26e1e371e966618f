"""Snapshots of orders for the cache."""

from __future__ import annotations

from orders_adapters.serialization.json_format import decode, json_bytes
from orders_domain.model.order import Order, order_from_state
from orders_domain.model.order_state import order_state


def order_bytes(order: Order) -> bytes:
    """Return a snapshot of the order, without the history entries that are not stored yet."""
    return json_bytes(order_state(order))


def read_order(raw: bytes) -> Order:
    """Return the order of a snapshot. Unknown members are ignored.

    Raises:
        DecodeError: the bytes are not a snapshot of an order.
    """
    return decode(raw, order_from_state)
