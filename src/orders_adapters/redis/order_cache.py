"""Order cache in Redis, with a TTL of five minutes and a version fence that rejects older copies."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

import redis
from redis.cluster import RedisCluster
from redis.exceptions import SlotNotCoveredError

from orders_adapters.redis import lua_scripts
from orders_adapters.redis.address import kind_of
from orders_adapters.redis.client import Client, node_of, ping
from orders_adapters.redis.database_identity import scoped
from orders_adapters.redis.prefetch import Prefetch, Prefetched
from orders_adapters.redis.resilient_client import ResilientClient
from orders_adapters.redis.round_trip import exchange
from orders_adapters.redis.write_lease import WriteLease
from orders_adapters.serialization import order_snapshot
from orders_adapters.serialization.json_format import DecodeError
from orders_domain.errors import StoreUnavailable, Unavailable
from orders_domain.model.order import Order
from orders_domain.ports.order_cache import COPIES, MAX_COPY_BYTES, OrderCache

MAX_REQUEST_SECONDS = 600  # a fence outlives every copy that could have been read before it was raised

INVALIDATED_AT_ONCE = 100
"""The orders of one run of the script, during which Redis serves nobody else."""
_ANY = UUID(int=0)
_SCANNED = 1_000


class RedisOrderCache(OrderCache):
    """See ``orders_domain.ports.order_cache``. Thread-safe; a forked child opens its own connections.

    Keys are ``<prefix><identity>:{<order id>}:order`` and ``...:fence``: one slot in Redis Cluster. A hit is one GET.
    ``identity`` returns that of the database, whose orders are separate from those of others with the same prefix. As
    long as it raises StoreUnavailable, every read is a miss.

    While Redis refuses writes, so that ``invalidate`` fails, every ``get`` is a miss in every process, at the latest a
    second after the refusal began (``write_lease``).

    With Sentinel and in a cluster, a copy is only read in the run of Redis that stored it, and only stored in the run
    that the order was missed in. A promoted replica is another run, so it serves no copy whose invalidation it lacks.

    Limits: if a fence is lost while Redis runs (FLUSHALL, an eviction by ``maxmemory-policy allkeys-*``, a failover
    behind the address of one server), a concurrent reader can store an old order, for 300 s at most. If one server
    restarts from a snapshot on disk, old copies return without their fences. Therefore disable persistence
    (``save ""``, ``appendonly no``); ``orders doctor`` checks that. An empty restart is detected if ``get`` precedes
    ``put`` in the same thread, as in ``get_order``. A master that is cut off, still accepts writes and returns can take
    an invalidation that the promoted replica then lacks; ``docs/operations.md`` has the settings against that.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "orders:",
        identity: Callable[[], str] = lambda: "",
        ttl: int = 300,
        timeout: float = 0.1,
        prefetch: Prefetch | None = None,
        lease: WriteLease | None = None,
    ) -> None:
        self._redis = ResilientClient(url, timeout=timeout)
        self._replicated = kind_of(url) != "server"
        self._prefix, self._ttl, self._identity = prefix, ttl, identity
        self._prefetch, self._lease = prefetch or Prefetch(), lease or WriteLease(prefix)
        self._missed = threading.local()

    def get(self, order_id: UUID) -> Order | None:
        if (keys := self._keys(order_id)) is None:
            return None
        key, requested_at = keys[0], time.monotonic()
        entry = self._prefetch.pop(key)
        if entry is None or not self._trusted(entry):
            read = self._redis.try_call(lambda client: self._lease.get(client, key))
            entry = read or Prefetched(None, requested_at)
        order = self._order(entry, order_id) if self._trusted(entry) else None
        if order is None:
            self._missed.last = (order_id, entry.requested_at, self._run_id(entry))
        return order

    def prefetch(self, order_id: UUID | None) -> None:
        keys = self._keys(order_id) if order_id else None
        self._prefetch.request(keys and keys[0])

    def put(self, order: Order) -> None:
        if (keys := self._keys(order.id)) is None:
            return
        version_and_order = b" %d %b" % (order.version, order_snapshot.order_bytes(order))
        if len(order_snapshot.SCHEMA + version_and_order) > MAX_COPY_BYTES:
            self.invalidate({order.id: order.version})
            return
        age, run_id = self._last_miss(order.id)

        def put(client: Client) -> None:
            known = self._run_id(self._lease.get(client, keys[0])) if run_id is None and self._replicated else run_id
            if known or not self._replicated:
                value = _schema(known or "") + version_and_order
                call = lua_scripts.Call(keys, (value, order.version, self._ttl * 1000, age, known or ""))
                lua_scripts.run(client, lua_scripts.PUT, [call])

        self._redis.try_call(put)

    def invalidate(self, versions: Mapping[UUID, int]) -> bool:
        fence_ttl = (self._ttl + MAX_REQUEST_SECONDS) * 1000
        fences = [(keys, version) for order_id, version in versions.items() if (keys := self._keys(order_id))]
        if not fences:
            return not versions

        def run(client: Client) -> bool:
            size = 1 if isinstance(client, RedisCluster) else INVALIDATED_AT_ONCE
            calls = [
                lua_scripts.Call(
                    [key for keys, _ in batch for key in keys], (fence_ttl, *(version for _, version in batch))
                )
                for batch in (fences[start : start + size] for start in range(0, len(fences), size))
            ]
            if isinstance(client, RedisCluster):
                _run_by_node(client, calls)
            else:
                lua_scripts.run(client, lua_scripts.INVALIDATE, calls)
            return True

        return self._redis.try_call(run) is True

    def copies(self) -> Iterator[Sequence[Order]]:
        """See the port. The keys are found with SCAN, a thousand at a time, so that no request waits for it."""
        if (keys := self._keys(_ANY)) is None:
            return
        pattern = re.sub(r"([*?\[\]\\])", r"\\\1", keys[0]).replace(str(_ANY), "*")
        found = self._redis.try_call(lambda client: client.scan_iter(match=pattern, count=_SCANNED))
        while found and (batch := self._redis.try_call(lambda client: self._batch(client, found))):
            yield [order for key, value in batch if (order := self._copy(key, value))]

    def ping(self) -> None:
        """Check that Redis responds, whatever the state of the circuit.

        Raises:
            Unavailable: Redis does not respond.
        """
        try:
            self._redis.call(ping)
        except (redis.RedisError, OSError) as error:
            raise Unavailable("Redis does not respond.") from error

    def persistence_enabled(self) -> bool:
        """Return whether Redis restores old copies after a restart; False if its configuration cannot be read."""
        if self._replicated:  # a copy is only read in the run that stored it
            return False
        try:
            config: Any = self._redis.call(lambda client: client.config_get("save", "appendonly"))
        except (redis.RedisError, OSError):
            return False
        return bool(config.get("save")) or config.get("appendonly") == "yes"

    @property
    def circuit_open(self) -> bool:
        """Whether calls to Redis are suspended: every ``get`` is a miss, and nothing is stored."""
        return self._redis.circuit_open

    def close(self) -> None:
        """Close the connections. The next use opens new ones."""
        self._redis.close()

    def _trusted(self, entry: Prefetched) -> bool:
        return self._lease.valid(entry.requested_at, entry.node)

    def _run_id(self, entry: Prefetched) -> str:
        """Return the id of the run of Redis that stores the entry; empty for one server, or if it is unknown."""
        return self._lease.run_id(entry.requested_at, entry.node) if self._replicated else ""

    def _batch(self, client: Client, found: Iterator[bytes]) -> list[tuple[bytes, Prefetched]]:
        keys = list(islice(found, COPIES))
        if self._replicated:  # the keys may be on several nodes, each with a run of its own
            return [(key, self._lease.get(client, key.decode(errors="replace"))) for key in keys]
        values = exchange(client, [("GET", key) for key in keys]) if keys else ()
        return [(key, Prefetched(value, time.monotonic())) for key, value in zip(keys, values, strict=True)]

    def _copy(self, key: bytes, entry: Prefetched) -> Order | None:
        """Return the order of a key that was found, or None if it has expired, or the key is of somebody else."""
        try:
            order_id = UUID(key.decode().rpartition("{")[2].partition("}")[0])
        except ValueError:
            return None
        return self._order(entry, order_id)

    def _order(self, entry: Prefetched, order_id: UUID) -> Order | None:
        if not isinstance(entry.value, bytes):
            return None
        return _read(entry.value, order_id, schema=_schema(self._run_id(entry)))

    def _keys(self, order_id: UUID) -> tuple[str, str] | None:
        """Return the keys of an order's entry and fence, or None while the identity is unknown."""
        try:
            stem = f"{scoped(self._prefix, self._identity())}{{{order_id}}}"
        except StoreUnavailable:
            return None
        return f"{stem}:order", f"{stem}:fence"

    def _last_miss(self, order_id: UUID) -> tuple[float, str | None]:
        """Return the seconds since this thread had a miss of the order, or -1 if it had none, and the run then."""
        missed, at, run_id = getattr(self._missed, "last", (None, 0.0, ""))
        return (time.monotonic() - at, run_id) if missed == order_id else (-1.0, None)


def _run_by_node(cluster: RedisCluster, calls: Sequence[lua_scripts.Call]) -> None:
    """Invalidate at every node, also if another one fails: its orders must not keep the copies of the others.

    Raises:
        RedisError, RedisClusterException, OSError: a node failed; its other orders were not tried.
    """
    failures: dict[str, Exception] = {}
    for call in calls:
        node = ""  # of a slot that no node has
        try:
            node = node_of(cluster, call.keys[0])
            if node not in failures:
                lua_scripts.run(cluster, lua_scripts.INVALIDATE, [call])
        except (redis.RedisError, SlotNotCoveredError, OSError) as error:
            failures[node] = error
    for failure in failures.values():
        raise failure


def _schema(run_id: str) -> bytes:
    return order_snapshot.SCHEMA + b"@" + run_id.encode() if run_id else order_snapshot.SCHEMA


def _read(value: bytes, order_id: UUID, *, schema: bytes) -> Order | None:
    """Return the order of an entry, or None if the entry is corrupt, or of another schema, run or order."""
    stored, _, rest = value.partition(b" ")
    if stored != schema:
        return None
    try:
        order = order_snapshot.read_order(rest.partition(b" ")[2])
    except DecodeError:
        return None
    return order if order.id == order_id else None
