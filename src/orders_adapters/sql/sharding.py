"""Sharding of the outbox by order id, so that one relay at a time publishes an order's events in their order."""

from uuid import UUID
from zlib import crc32

SHARDS = 16


def shard_of(order_id: UUID) -> int:
    """Return the shard. It must not depend on the process or the release, because it is stored with the event."""
    return crc32(order_id.bytes) % SHARDS
