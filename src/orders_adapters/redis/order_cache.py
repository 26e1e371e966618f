"""Orders kept in Redis for five minutes, each beside a fence that keeps older copies out."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

import redis

from orders_adapters.redis import lua_scripts
from orders_adapters.redis.circuit_breaker import CircuitBreaker, CircuitOpen
from orders_adapters.redis.client import connect
from orders_adapters.redis.prefetch import Prefetch, Prefetched
from orders_adapters.serialization import cloudevents
from orders_domain.errors import Unavailable
from orders_domain.model.order import Order
from orders_domain.ports.order_cache import OrderCache

SCHEMA = b"1"  # of the JSON; another one is a miss, so that old and new processes can share a Redis
MAX_REQUEST_SECONDS = 600  # seconds; a fence outlives every copy that could have been read before it was raised

_Answer = TypeVar("_Answer")


class RedisOrderCache(OrderCache):
    """See ``orders_domain.ports.order_cache``. Threads share it, and a forked child connects anew.

    Keys are ``<prefix>{<order id>}:order`` and ``...:fence``: one slot in Redis Cluster. A hit is one GET.

    What it does not promise: a fence lost while Redis runs on (FLUSHALL, a fence evicted by ``maxmemory-policy
    allkeys-*``, a failover to a replica that had not heard of it) lets a reading that was under way at that moment put
    the old order back, for 300 s at most. A Redis that restarts from a snapshot on its disk brings old copies back
    without their fences: run it without (``save ""``, ``appendonly no``); ``orders doctor`` says so. A Redis that
    restarts empty is noticed where ``get`` came before ``put`` in the same thread, as it does in ``get_order``.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "orders:",
        ttl: int = 300,
        timeout: float = 0.1,
        prefetch: Prefetch | None = None,
    ) -> None:
        self._url, self._prefix, self._ttl, self._timeout = url, prefix, ttl, timeout
        self._prefetch = prefetch or Prefetch()
        self._missed = threading.local()
        self._connect()

    def get(self, order_id: UUID) -> Order | None:
        key, asked_at = self._keys(order_id)[0], time.monotonic()
        found = self._prefetch.pop(key) or Prefetched(self._try_call(lambda client: client.get(key)), asked_at)
        order = _read(found.value, order_id) if isinstance(found.value, bytes) else None
        if order is None:
            self._missed.last = (order_id, found.asked_at)
        return order

    def prefetch(self, order_id: UUID | None) -> None:
        self._prefetch.request(self._keys(order_id)[0] if order_id else None)

    def put(self, order: Order) -> None:
        value = b"%b %d %b" % (SCHEMA, order.version, cloudevents.order_bytes(order))
        call = (*self._keys(order.id), value, order.version, self._ttl * 1000, self._seconds_since_miss(order.id))
        self._try_call(lambda client: lua_scripts.run(client, lua_scripts.PUT, [call]))

    def invalidate(self, versions: Mapping[UUID, int]) -> bool:
        life = (self._ttl + MAX_REQUEST_SECONDS) * 1000
        calls = [(*self._keys(order_id), version, life) for order_id, version in versions.items()]
        if not calls:
            return True

        def announce(client: redis.Redis) -> bool:
            lua_scripts.run(client, lua_scripts.INVALIDATE, calls)
            return True

        return self._try_call(announce) is True

    def ping(self) -> None:
        """Return if Redis answers now, whatever the circuit believes.

        Raises:
            Unavailable: it does not.
        """
        try:
            self._connected()[0].ping()
        except (redis.RedisError, OSError) as error:
            raise Unavailable("Redis does not answer.") from error

    def persistence_enabled(self) -> bool:
        """Say whether this Redis would bring old copies back after a restart; False where it does not tell."""
        try:
            found: Any = self._connected()[0].config_get("save", "appendonly")
        except (redis.RedisError, OSError):
            return False
        return bool(found.get("save")) or found.get("appendonly") == "yes"

    @property
    def circuit_open(self) -> bool:
        """Whether Redis is being spared: every ``get`` is a miss, and nothing is kept."""
        return not self._connected()[1].closed

    def close(self) -> None:
        """Close the connections; using the cache opens new ones."""
        self._connected()[0].connection_pool.disconnect()

    def _try_call(self, ask: Callable[[redis.Redis], _Answer]) -> _Answer | None:
        client, circuit = self._connected()
        try:
            return circuit.call(ask, client)
        except (redis.RedisError, OSError, CircuitOpen):
            return None

    def _connected(self) -> tuple[redis.Redis, CircuitBreaker]:
        """The client and the circuit of this process: neither sockets nor locks survive a fork."""
        if self._pid != os.getpid():
            self._connect()
        return self._client, self._circuit

    def _connect(self) -> None:
        self._client = connect(self._url, timeout=self._timeout)
        self._circuit = CircuitBreaker()
        self._pid = os.getpid()

    def _keys(self, order_id: UUID) -> tuple[str, str]:
        stem = f"{self._prefix}{{{order_id}}}"
        return f"{stem}:order", f"{stem}:fence"

    def _seconds_since_miss(self, order_id: UUID) -> float:
        """Seconds since this thread missed the order, the moment before it was read; -1 if it did not."""
        missed, at = getattr(self._missed, "last", (None, 0.0))
        return time.monotonic() - at if missed == order_id else -1.0


def _read(value: bytes, order_id: UUID) -> Order | None:
    """Return the order of an entry; None for one that is torn, of another schema or of another order."""
    schema, _, rest = value.partition(b" ")
    if schema != SCHEMA:
        return None
    try:
        order = cloudevents.read_order(rest.partition(b" ")[2])
    except cloudevents.DecodeError:
        return None
    return order if order.id == order_id else None
