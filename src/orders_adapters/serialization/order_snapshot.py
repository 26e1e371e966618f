"""Snapshots of orders for the cache."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from zlib import crc32

from orders_adapters.serialization.json_format import decode, json_bytes
from orders_domain.model.order import Order, order_from_state
from orders_domain.model.order_state import order_state

_FORMAT = 3  # of the values; a new field has no new format


def schema_of(entity: type[Any]) -> bytes:
    """Return digits that depend on the format and on the names of the fields."""
    names = ",".join(field.name for field in fields(entity))
    return b"%d%010d" % (_FORMAT, crc32(names.encode()))


SCHEMA = schema_of(Order)
"""Of a snapshot. One of another schema is not read, so that processes of two releases can share a cache.

A process of the earlier release reads and stores orders without the fields that it does not know.
"""


def order_bytes(order: Order) -> bytes:
    """Return a snapshot of the order, without the history entries that are not stored yet."""
    return json_bytes(order_state(order))


def read_order(raw: bytes) -> Order:
    """Return the order of a snapshot. Unknown members are ignored.

    Raises:
        DecodeError: the bytes are not a snapshot of an order.
    """
    return decode(raw, order_from_state)
