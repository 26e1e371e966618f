"""Which shard an order's events are in: always the same one, so that one relay at a time sends them, in their order."""

from uuid import UUID
from zlib import crc32

SHARDS = 16


def shard_of(order_id: UUID) -> int:
    """The number is stored with the event, and must never depend on the process or the release."""
    return crc32(order_id.bytes) % SHARDS
