"""Fail-fast Redis clients: short timeouts, no retries, a bounded connection pool.

The URL decides which: one server, a master that Sentinel names, or a Redis Cluster. The classes are the library's own.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

from orders_adapters.redis.address import Address, encrypted, parse

MAX_CONNECTIONS = 64

Client: TypeAlias = redis.Redis | RedisCluster
"""Commands with keys are the same in both; those of a script, or of one command, must be in one slot of a cluster."""


def connect(url: str, *, timeout: float) -> Clients:
    """Return the source of the client of a URL. It connects when first used.

    Each step of a call (acquiring a connection, connecting, sending, receiving) fails after ``timeout`` seconds, so a
    frozen server costs one timeout. Parameters in the URL take precedence.

    Raises:
        ValueError, TypeError: the URL is invalid, or has an unknown option.
    """
    address = parse(url)
    if address.kind == "cluster":
        return _ClusterClients(address, timeout)
    return _MasterClients(_of_sentinel(address, timeout) if address.kind == "sentinel" else _of_server(url, timeout))


def ping(client: Client) -> None:
    """Check that the server, or each master of the cluster, responds.

    Raises:
        RedisError, RedisClusterException: one does not, or the cluster is down.
    """
    if isinstance(client, RedisCluster):
        client.ping(target_nodes=RedisCluster.PRIMARIES)
        if client.cluster_info().get("cluster_state") != "ok":
            raise redis.ConnectionError("The state of the cluster is not ok.")
    else:
        client.ping()


def node_of(client: Client, key: str) -> str:
    """Return the name of the cluster's node that has the key; of one server and of Sentinel's master, nothing.

    Raises:
        RedisClusterException: no node has the key.
    """
    return str(client.get_node_from_key(key).name) if isinstance(client, RedisCluster) else ""


class Clients(Protocol):
    """The source of a client, for one process."""

    def get(self) -> Client:
        """Return the client.

        Raises:
            RedisError, RedisClusterException: no node of the cluster responds.
        """
        ...

    def close(self) -> None:
        """Close the connections. The next use opens new ones."""
        ...


class _MasterClients(Clients):
    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def get(self) -> redis.Redis:
        return self._client

    def close(self) -> None:
        self._client.connection_pool.disconnect()


class _ClusterClients(Clients):
    """Makes the client when it is first used, because the library's constructor connects."""

    def __init__(self, address: Address, timeout: float) -> None:
        self._address, self._timeout = address, timeout
        self._lock = threading.Lock()
        self._cluster: RedisCluster | None = None

    def get(self) -> RedisCluster:
        if self._cluster is None:
            if not self._lock.acquire(timeout=self._timeout):
                raise redis.ConnectionError("Another thread is connecting to the cluster.")
            try:
                self._cluster = self._cluster or _of_cluster(self._address, self._timeout)
            finally:
                self._lock.release()
        return self._cluster

    def close(self) -> None:
        if self._cluster is not None:
            self._cluster.disconnect_connection_pools()


def _limits(timeout: float) -> dict[str, Any]:
    return {
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        # RESP 2 and no driver_info, because each would add a round trip to a new connection.
        "protocol": 2,
        "driver_info": None,
    }


def _no_retry() -> Retry:
    """No retries, because the library's default of 10 takes 59 s for one GET on a frozen server and repeats scripts."""
    return Retry(NoBackoff(), 0)


def _pool(timeout: float) -> dict[str, Any]:
    return {"max_connections": MAX_CONNECTIONS, "timeout": timeout}


def _of_server(url: str, timeout: float) -> redis.Redis:
    pool = redis.BlockingConnectionPool.from_url(
        url, **_pool(timeout), **_limits(timeout), retry=_no_retry(), health_check_interval=0
    )
    pool.connection_class(**pool.connection_kwargs)  # rejects unknown options, without connecting
    return redis.Redis(connection_pool=pool)


class _BlockingSentinelPool(SentinelConnectionPool, redis.BlockingConnectionPool):
    """Asks the Sentinels for the master at each new connection, and waits while all connections are in use."""


def _of_sentinel(address: Address, timeout: float) -> redis.Redis:
    options = {name: value for name, value in address.options.items() if name != "connection_class"}
    common = {**_limits(timeout), "retry": _no_retry(), "ssl": encrypted(address.options)}
    tls = {name: value for name, value in options.items() if name.startswith("ssl_")}
    sentinel = Sentinel(address.hosts, sentinel_kwargs={**common, **tls, **address.sentinel_options})
    client: redis.Redis = sentinel.master_for(
        address.service, connection_pool_class=_BlockingSentinelPool, **{**_pool(timeout), **common, **options}
    )
    return client


def _of_cluster(address: Address, timeout: float) -> RedisCluster:
    options: Mapping[str, Any] = {**_pool(timeout), **_limits(timeout), **address.options}
    (host, port), *others = address.hosts
    return RedisCluster(
        # With a URL the library takes the class of the pools; its parts are in the options.
        url=f"redis://[{host}]:{port}" if ":" in host else f"redis://{host}:{port}",
        startup_nodes=[ClusterNode(*other) for other in others],
        connection_pool_class=redis.BlockingConnectionPool,
        retry=_no_retry(),
        require_full_coverage=False,  # the other nodes serve their part
        **options,
    )
