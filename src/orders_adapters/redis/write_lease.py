"""Write lease: a value that was read from Redis is trusted only while Redis also accepts writes.

A Redis that refuses writes (a read-only replica, too few replicas, a failed snapshot, missing permissions) still
answers reads, with old copies that no process can invalidate.
"""

from __future__ import annotations

import time
from typing import Any

import redis

from orders_adapters.redis.round_trip import Command, exchange

SECONDS = 1.0
"""The time for which an accepted write is valid, and so the longest time that an old copy is read after a refusal."""

# The commands of an invalidation. A Redis whose memory is full accepts them in this sequence.
PROBE = "redis.call('DEL', KEYS[1]) redis.call('SET', KEYS[1], '', 'PX', 1000) return 1"


class WriteLease:
    """Valid for a second after the last write of this process that Redis accepted. Thread-safe."""

    def __init__(self, prefix: str) -> None:
        self._key = f"{prefix}write_probe"
        self._until = float("-inf")

    def valid(self, requested_at: float) -> bool:
        """Return whether a value is trusted that was requested at this time (``time.monotonic``)."""
        return requested_at < self._until

    def probe(self) -> Command:
        """Return the command of the write; ``renew`` takes its reply."""
        return "EVAL", PROBE, 1, self._key

    def renew(self, reply: object, *, requested_at: float) -> None:
        self._until = requested_at + SECONDS if reply == 1 else float("-inf")

    def get(self, client: redis.Redis, key: str) -> Any:
        """Return the value of the key, with a renewal in the same round trip if it is needed.

        Raises:
            RedisError: Redis is unavailable, or refuses the read.
        """
        requested_at = time.monotonic()
        if self.valid(requested_at):
            return client.get(key)
        reply, value = exchange(client, [self.probe(), ("GET", key)])
        self.renew(reply, requested_at=requested_at)
        if isinstance(value, Exception):
            raise value
        return value
