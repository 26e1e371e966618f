"""Write lease: a value that was read from Redis is trusted only while Redis also accepts writes.

A Redis that refuses writes (a read-only replica, too few replicas, a failed snapshot, missing permissions) still
answers reads, with old copies that no process can invalidate.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from redis.cluster import RedisCluster

from orders_adapters.redis.client import Client, node_of
from orders_adapters.redis.prefetch import Prefetched
from orders_adapters.redis.round_trip import Command, exchange

SECONDS = 1.0
"""The time for which an accepted write is valid, and so the longest time that an old copy is read after a refusal."""

# The commands of an invalidation. A Redis whose memory is full accepts them in this sequence.
PROBE = """
redis.call('DEL', KEYS[1]) redis.call('SET', KEYS[1], '', 'PX', 1000)
return string.match(tostring(redis.pcall('INFO', 'server')), 'run_id:(%x+)') or ''
"""


@dataclass(frozen=True, slots=True)
class _Lease:
    until: float
    run_id: str


_NONE = _Lease(float("-inf"), "")


class WriteLease:
    """Valid for a second after the last write of this process that Redis accepted. Thread-safe.

    Each node of a cluster has its own; one server, and the master that Sentinel names, has the node ``""``.
    """

    def __init__(self, prefix: str) -> None:
        self._key = f"{prefix}write_probe"
        self._leases: dict[str, _Lease] = {}

    def valid(self, requested_at: float, node: str = "") -> bool:
        """Return whether a value is trusted that was requested at this time (``time.monotonic``)."""
        return requested_at < self._leases.get(node, _NONE).until

    def run_id(self, requested_at: float, node: str = "") -> str:
        """Return the id of Redis's run that accepted the write, which a failover changes; empty if it is not valid."""
        lease = self._leases.get(node, _NONE)
        return lease.run_id if requested_at < lease.until else ""

    def probe(self, client: Client, key: str) -> Command:
        """Return the command of the write, to the node that has the key; ``renew`` takes its reply."""
        probed = f"{self._key}:{{{_hashed(key)}}}" if isinstance(client, RedisCluster) else self._key
        return "EVAL", PROBE, 1, probed

    def renew(self, reply: object, *, requested_at: float, node: str = "") -> None:
        self._leases[node] = _Lease(requested_at + SECONDS, reply.decode()) if isinstance(reply, bytes) else _NONE

    def get(self, client: Client, key: str) -> Prefetched:
        """Return the value of the key, with a renewal in the same round trip if it is needed.

        Raises:
            RedisError: Redis is unavailable, or refuses the read.
        """
        requested_at = time.monotonic()
        if self.valid(requested_at, node_of(client, key)):
            value = client.get(key)
            return Prefetched(value, requested_at, node_of(client, key))  # which may have changed, by a redirection
        reply, value = exchange(client, [self.probe(client, key), ("GET", key)])
        node = node_of(client, key)
        self.renew(reply, requested_at=requested_at, node=node)
        if isinstance(value, Exception):
            raise value
        return Prefetched(value, requested_at, node)


def _hashed(key: str) -> str:
    """Return the part of the key that decides its slot."""
    tag = key.partition("{")[2].partition("}")
    return tag[0] if tag[0] and tag[1] else key
