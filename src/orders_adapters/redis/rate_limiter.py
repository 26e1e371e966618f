"""Rate limiter that is shared by all processes."""

from __future__ import annotations

from orders_adapters.redis.lua_scripts import evaluate
from orders_adapters.redis.resilient_client import ResilientClient
from orders_domain.errors import TooManyAttempts
from orders_domain.ports.accounts.rate_limiter import RateLimit, RateLimiter

HIT = """
local tries = redis.call('INCR', KEYS[1])
if tries == 1 or redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {tries, redis.call('PTTL', KEYS[1])}
"""


class RedisRateLimiter(RateLimiter):
    """Uses ``fallback`` while Redis does not respond."""

    def __init__(self, url: str, *, fallback: RateLimiter, prefix: str = "orders:", timeout: float = 0.1) -> None:
        self._redis = ResilientClient(url, timeout=timeout)
        self._fallback = fallback
        self._prefix = f"{prefix}rate_limit:"
        self._remembered = f"{prefix}remembered:"

    def hit(self, key: str, *, limit: RateLimit) -> None:
        window = limit.seconds * 1_000
        reply = self._redis.try_call(lambda client: evaluate(client, HIT, self._prefix + key, window))
        if not isinstance(reply, list):
            self._fallback.hit(key, limit=limit)
        elif reply[0] > limit.attempts:
            raise TooManyAttempts(retry_after=max(1, -(-reply[1] // 1_000)))

    def reset(self, key: str) -> None:
        self._redis.try_call(lambda client: client.delete(self._prefix + key))
        self._fallback.reset(key)

    def remember(self, key: str, *, seconds: int) -> None:
        self._redis.try_call(lambda client: client.set(self._remembered + key, 1, ex=seconds))
        self._fallback.remember(key, seconds=seconds)

    def remembers(self, key: str) -> bool:
        reply = self._redis.try_call(lambda client: client.exists(self._remembered + key))
        return bool(reply) or self._fallback.remembers(key)

    def close(self) -> None:
        self._redis.close()
