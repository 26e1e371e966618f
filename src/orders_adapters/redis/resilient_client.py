"""Redis client behind a circuit breaker: returns None instead of raising."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

import redis
from redis.exceptions import ClusterDownError, RedisClusterException, SlotNotCoveredError

from orders_adapters.circuit_breaker import RESET_TIMEOUT, CircuitBreaker, CircuitOpen
from orders_adapters.redis.client import Client, connect

_Result = TypeVar("_Result")


class ResilientClient:
    """Thread-safe. A forked child opens its own connections, because sockets and locks do not survive a fork."""

    def __init__(self, url: str, *, timeout: float = 0.1) -> None:
        self._url, self._timeout = url, timeout
        self._connect()

    def try_call(self, command: Callable[[Client], _Result]) -> _Result | None:
        """Return the reply, or None if Redis is unavailable, too slow, or replies with an error."""
        self._check_process()
        try:
            return self._circuit.call(lambda: self._call(command))
        except (redis.RedisError, OSError, CircuitOpen):
            return None

    def call(self, command: Callable[[Client], _Result]) -> _Result:
        """Return the reply, whatever the state of the circuit.

        Raises:
            RedisError, OSError: Redis is unavailable, too slow, or replies with an error.
        """
        self._check_process()
        return self._call(command)

    @property
    def circuit_open(self) -> bool:
        """Whether calls are suspended."""
        self._check_process()
        return not self._circuit.closed

    def close(self) -> None:
        """Close the connections. The next call opens new ones."""
        if self._pid == os.getpid():
            self._clients.close()

    def _call(self, command: Callable[[Client], _Result]) -> _Result:
        try:
            return command(self._clients.get())
        except ClusterDownError as error:  # counts as a reply
            raise redis.ConnectionError("The cluster is down.") from error
        except RedisClusterException as error:  # is no RedisError
            if not isinstance(error, SlotNotCoveredError):
                self._circuit.open()  # at once, because each node took its timeout
            raise redis.ConnectionError(str(error)) from error

    def _check_process(self) -> None:
        if self._pid != os.getpid():
            self._connect()

    def _connect(self) -> None:
        self._clients = connect(self._url, timeout=self._timeout)
        self._circuit = CircuitBreaker(exclude=redis.ResponseError, reset_timeout=RESET_TIMEOUT)
        self._pid = os.getpid()
