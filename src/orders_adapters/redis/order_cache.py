"""Order cache in Redis, with a TTL of five minutes and a version fence that rejects older copies."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import redis

from orders_adapters.circuit_breaker import RESET_TIMEOUT, CircuitBreaker, CircuitOpen
from orders_adapters.redis import lua_scripts
from orders_adapters.redis.client import connect
from orders_adapters.redis.database_identity import scoped
from orders_adapters.redis.prefetch import Prefetch, Prefetched
from orders_adapters.redis.write_lease import WriteLease
from orders_adapters.serialization import order_snapshot
from orders_adapters.serialization.json_format import DecodeError
from orders_domain.errors import StoreUnavailable, Unavailable
from orders_domain.model.order import Order
from orders_domain.ports.order_cache import COPIES, MAX_COPY_BYTES, OrderCache

MAX_REQUEST_SECONDS = 600  # a fence outlives every copy that could have been read before it was raised

_ANY = UUID(int=0)
_SCANNED = 1_000
_Result = TypeVar("_Result")


class RedisOrderCache(OrderCache):
    """See ``orders_domain.ports.order_cache``. Thread-safe; a forked child opens its own connections.

    Keys are ``<prefix><identity>:{<order id>}:order`` and ``...:fence``: one slot in Redis Cluster. A hit is one GET.
    ``identity`` returns that of the database, whose orders are separate from those of others with the same prefix. As
    long as it raises StoreUnavailable, every read is a miss.

    While Redis refuses writes, so that ``invalidate`` fails, every ``get`` is a miss in every process, at the latest a
    second after the refusal began (``write_lease``).

    Limits: if a fence is lost while Redis runs (FLUSHALL, an eviction by ``maxmemory-policy allkeys-*``, a failover to
    a replica without the fence), a concurrent reader can store an old order, for 300 s at most. If Redis restarts from
    a snapshot on disk, old copies return without their fences. Therefore disable persistence (``save ""``,
    ``appendonly no``); ``orders doctor`` checks that. An empty restart is detected if ``get`` precedes ``put`` in the
    same thread, as in ``get_order``.
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
        self._url, self._prefix, self._ttl, self._timeout = url, prefix, ttl, timeout
        self._identity = identity
        self._prefetch, self._lease = prefetch or Prefetch(), lease or WriteLease(prefix)
        self._missed = threading.local()
        self._connect()

    def get(self, order_id: UUID) -> Order | None:
        if (keys := self._keys(order_id)) is None:
            return None
        key, requested_at = keys[0], time.monotonic()
        entry = self._prefetch.pop(key)
        if entry is None or not self._lease.valid(entry.requested_at):
            entry = Prefetched(self._try_call(lambda client: self._lease.get(client, key)), requested_at)
        trusted = self._lease.valid(entry.requested_at)
        order = _read(entry.value, order_id) if trusted and isinstance(entry.value, bytes) else None
        if order is None:
            self._missed.last = (order_id, entry.requested_at)
        return order

    def prefetch(self, order_id: UUID | None) -> None:
        keys = self._keys(order_id) if order_id else None
        self._prefetch.request(keys and keys[0])

    def put(self, order: Order) -> None:
        if (keys := self._keys(order.id)) is None:
            return
        value = b"%b %d %b" % (order_snapshot.SCHEMA, order.version, order_snapshot.order_bytes(order))
        if len(value) > MAX_COPY_BYTES:
            self.invalidate({order.id: order.version})
            return
        call = (*keys, value, order.version, self._ttl * 1000, self._seconds_since_miss(order.id))
        self._try_call(lambda client: lua_scripts.run(client, lua_scripts.PUT, [call]))

    def invalidate(self, versions: Mapping[UUID, int]) -> bool:
        fence_ttl = (self._ttl + MAX_REQUEST_SECONDS) * 1000
        calls = [
            (*keys, version, fence_ttl)
            for order_id, version in versions.items()
            if (keys := self._keys(order_id)) is not None
        ]
        if not calls:
            return not versions

        def run(client: redis.Redis) -> bool:
            lua_scripts.run(client, lua_scripts.INVALIDATE, calls)
            return True

        return self._try_call(run) is True

    def copies(self) -> Iterator[Sequence[Order]]:
        """See the port. The keys are found with SCAN, a thousand at a time, so that no request waits for it."""
        if (keys := self._keys(_ANY)) is None:
            return
        pattern = re.sub(r"([*?\[\]\\])", r"\\\1", keys[0]).replace(str(_ANY), "*")
        cursor: int | None = None
        while cursor != 0:
            page = self._try_call(partial(redis.Redis.scan, cursor=cursor or 0, match=pattern, count=_SCANNED))
            if page is None:
                return
            cursor, found = page
            for start in range(0, len(found), COPIES):
                batch: Sequence[Any] = found[start : start + COPIES]
                values: Any = self._try_call(partial(redis.Redis.mget, keys=batch))
                yield [order for key, value in zip(batch, values or (), strict=False) if (order := _copy(key, value))]

    def ping(self) -> None:
        """Check that Redis responds, whatever the state of the circuit.

        Raises:
            Unavailable: Redis does not respond.
        """
        try:
            self._connected()[0].ping()
        except (redis.RedisError, OSError) as error:
            raise Unavailable("Redis does not respond.") from error

    def persistence_enabled(self) -> bool:
        """Return whether Redis restores old copies after a restart; False if its configuration cannot be read."""
        try:
            config: Any = self._connected()[0].config_get("save", "appendonly")
        except (redis.RedisError, OSError):
            return False
        return bool(config.get("save")) or config.get("appendonly") == "yes"

    @property
    def circuit_open(self) -> bool:
        """Whether calls to Redis are suspended: every ``get`` is a miss, and nothing is stored."""
        return not self._connected()[1].closed

    def close(self) -> None:
        """Close the connections. The next use opens new ones."""
        self._connected()[0].connection_pool.disconnect()

    def _try_call(self, command: Callable[[redis.Redis], _Result]) -> _Result | None:
        client, circuit = self._connected()
        try:
            return circuit.call(command, client)
        except (redis.RedisError, OSError, CircuitOpen):
            return None

    def _connected(self) -> tuple[redis.Redis, CircuitBreaker]:
        """Return the client and circuit breaker of this process, because sockets and locks do not survive a fork."""
        if self._pid != os.getpid():
            self._connect()
        return self._client, self._circuit

    def _connect(self) -> None:
        self._client = connect(self._url, timeout=self._timeout)
        self._circuit = CircuitBreaker(exclude=redis.ResponseError, reset_timeout=RESET_TIMEOUT)
        self._pid = os.getpid()

    def _keys(self, order_id: UUID) -> tuple[str, str] | None:
        """Return the keys of an order's entry and fence, or None while the identity is unknown."""
        try:
            stem = f"{scoped(self._prefix, self._identity())}{{{order_id}}}"
        except StoreUnavailable:
            return None
        return f"{stem}:order", f"{stem}:fence"

    def _seconds_since_miss(self, order_id: UUID) -> float:
        """Return the seconds since this thread had a cache miss of the order, or -1 if it had none."""
        missed, at = getattr(self._missed, "last", (None, 0.0))
        return time.monotonic() - at if missed == order_id else -1.0


def _copy(key: bytes, value: bytes | None) -> Order | None:
    """Return the order of a key that was found, or None if it has expired, or the key is of somebody else."""
    try:
        order_id = UUID(key.decode().rpartition("{")[2].partition("}")[0])
    except ValueError:
        return None
    return None if value is None else _read(value, order_id)


def _read(value: bytes, order_id: UUID) -> Order | None:
    """Return the order of an entry, or None if the entry is corrupt, or of another schema or order."""
    schema, _, rest = value.partition(b" ")
    if schema != order_snapshot.SCHEMA:
        return None
    try:
        order = order_snapshot.read_order(rest.partition(b" ")[2])
    except DecodeError:
        return None
    return order if order.id == order_id else None
