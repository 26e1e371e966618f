"""Redis client behind a circuit breaker: returns None instead of raising."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

import redis

from orders_adapters.circuit_breaker import RESET_TIMEOUT, CircuitBreaker, CircuitOpen
from orders_adapters.redis.client import connect

_Result = TypeVar("_Result")


class ResilientClient:
    """Thread-safe. A forked child opens its own connections, because sockets and locks do not survive a fork."""

    def __init__(self, url: str, *, timeout: float = 0.1) -> None:
        self._url, self._timeout = url, timeout
        self._connect()

    def try_call(self, command: Callable[[redis.Redis], _Result]) -> _Result | None:
        """Return the reply, or None if Redis is unavailable, too slow, or replies with an error."""
        if self._pid != os.getpid():
            self._connect()
        try:
            return self._circuit.call(command, self._client)
        except (redis.RedisError, OSError, CircuitOpen):
            return None

    def close(self) -> None:
        """Close the connections. The next call opens new ones."""
        if self._pid == os.getpid():
            self._client.connection_pool.disconnect()

    def _connect(self) -> None:
        self._client = connect(self._url, timeout=self._timeout)
        self._circuit = CircuitBreaker(exclude=redis.ResponseError, reset_timeout=RESET_TIMEOUT)
        self._pid = os.getpid()
