"""Cursor of the event feed: the place after one event, as an opaque text that belongs to one store."""

from __future__ import annotations

import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from uuid import UUID

from orders_domain.errors import InvalidValue
from orders_domain.errors.base import Kind, OrdersError

LATEST = "latest"
"""The text of the cursor behind the last readable event."""

CURSOR = re.compile(rf"(?:{LATEST}|[A-Za-z0-9_-]{{43}})\Z")
"""The texts that can be a cursor."""

_FORMAT = struct.Struct(">4sq16si")


class CursorExpired(OrdersError):
    """The cursor is of the store before a restore, and would skip events of the present one."""

    kind = Kind.CONFLICT
    code = "cursor_expired"

    def __init__(self) -> None:
        super().__init__(
            "The cursor is of another database, or of this one before it was restored. Read from the beginning, "
            "without after, and ignore the ids of events that you have processed."
        )


@dataclass(frozen=True, slots=True, order=True)
class FeedCursor:
    """The place after an event; ``position`` is the store's own, and ascends within an order with its version."""

    position: int
    order_id: UUID
    version: int

    def text(self, identity: str) -> str:
        """Return the cursor for clients of the store with this identity."""
        packed = _FORMAT.pack(_store(identity), self.position, self.order_id.bytes, self.version)
        return urlsafe_b64encode(packed).rstrip(b"=").decode()


START = FeedCursor(-1, UUID(int=0), 0)
"""The place before the first event."""


def parse_cursor(text: str, identity: str) -> FeedCursor:
    """Return the cursor.

    Raises:
        InvalidValue: the text is not a cursor.
        CursorExpired: the cursor is of a store with another identity.
    """
    if not CURSOR.match(text) or text == LATEST:
        raise InvalidValue("A cursor must be a next_cursor of the feed.")
    store, position, order_id, version = _FORMAT.unpack(urlsafe_b64decode(text + "="))
    if store != _store(identity):
        raise CursorExpired
    return FeedCursor(position, UUID(bytes=order_id), version)


def _store(identity: str) -> bytes:
    return bytes.fromhex(identity[:8])
