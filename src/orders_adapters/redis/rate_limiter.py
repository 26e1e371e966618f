"""Rate limiter that is shared by all processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from orders_adapters.redis.client import Client
from orders_adapters.redis.database_identity import scoped
from orders_adapters.redis.lua_scripts import evaluate
from orders_adapters.redis.resilient_client import ResilientClient
from orders_domain.errors import StoreUnavailable, TooManyAttempts
from orders_domain.ports.accounts.rate_limiter import RateLimit, RateLimiter

_Result = TypeVar("_Result")

HIT = """
local tries = redis.call('INCR', KEYS[1])
if tries == 1 or redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {tries, redis.call('PTTL', KEYS[1])}
"""


class RedisRateLimiter(RateLimiter):
    """Uses ``fallback`` while Redis does not respond.

    ``identity`` returns that of the database, whose accounts are counted apart from those of others with the same
    prefix.
    """

    def __init__(
        self,
        url: str,
        *,
        fallback: RateLimiter,
        prefix: str = "orders:",
        identity: Callable[[], str] = lambda: "",
        timeout: float = 0.1,
    ) -> None:
        self._redis = ResilientClient(url, timeout=timeout)
        self._fallback = fallback
        self._prefix, self._identity = prefix, identity

    def hit(self, key: str, *, limit: RateLimit) -> None:
        window = limit.seconds * 1_000
        reply = self._try_call("rate_limit", key, lambda client, name: evaluate(client, HIT, name, window))
        if not isinstance(reply, list):
            self._fallback.hit(key, limit=limit)
        elif reply[0] > limit.attempts:
            raise TooManyAttempts(retry_after=max(1, -(-reply[1] // 1_000)))

    def reset(self, key: str) -> None:
        self._try_call("rate_limit", key, lambda client, name: client.delete(name))
        self._fallback.reset(key)

    def remember(self, key: str, *, seconds: int) -> None:
        self._try_call("remembered", key, lambda client, name: client.set(name, 1, ex=seconds))
        self._fallback.remember(key, seconds=seconds)

    def remembers(self, key: str) -> bool:
        reply = self._try_call("remembered", key, lambda client, name: client.exists(name))
        return bool(reply) or self._fallback.remembers(key)

    def close(self) -> None:
        self._redis.close()

    def _try_call(self, kind: str, key: str, command: Callable[[Client, str], _Result]) -> _Result | None:
        """Return the reply to the command with the name of the key; None if Redis or the identity is unavailable."""
        try:
            name = f"{scoped(self._prefix, self._identity())}{kind}:{key}"
        except StoreUnavailable:
            return None
        return self._redis.try_call(lambda client: command(client, name))
