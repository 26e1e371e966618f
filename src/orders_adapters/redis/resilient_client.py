"""Redis as a caller may have it: an answer soon, or none."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

import redis

from orders_adapters.redis.circuit_breaker import CircuitBreaker, CircuitOpen
from orders_adapters.redis.client import connect

_Answer = TypeVar("_Answer")


class ResilientClient:
    """Threads share it, and a forked child connects anew: neither sockets nor locks survive a fork."""

    def __init__(self, url: str, *, timeout: float = 0.1) -> None:
        self._url, self._timeout = url, timeout
        self._connect()

    def try_call(self, ask: Callable[[redis.Redis], _Answer]) -> _Answer | None:
        """Return the answer; None where Redis was away, slow, or had an error for an answer."""
        if self._pid != os.getpid():
            self._connect()
        try:
            return self._circuit.call(ask, self._client)
        except (redis.RedisError, OSError, CircuitOpen):
            return None

    def close(self) -> None:
        """Close the connections; asking opens new ones."""
        if self._pid == os.getpid():
            self._client.connection_pool.disconnect()

    def _connect(self) -> None:
        self._client = connect(self._url, timeout=self._timeout)
        self._circuit = CircuitBreaker()
        self._pid = os.getpid()
