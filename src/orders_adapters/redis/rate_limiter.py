"""Tries counted for all processes."""

from __future__ import annotations

from orders_adapters.redis.lua_scripts import evaluate
from orders_adapters.redis.resilient_client import Reach
from orders_domain.errors import TooManyAttempts
from orders_domain.ports.rate_limiter import Attempts as Port

WINDOW = 60  # seconds
NOTE = """
local tries = redis.call('INCR', KEYS[1])
if tries == 1 or redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {tries, redis.call('PTTL', KEYS[1])}
"""


class Attempts:
    """Where Redis does not answer soon, ``otherwise`` counts."""

    def __init__(self, url: str, *, otherwise: Port, prefix: str = "orders:", timeout: float = 0.1) -> None:
        self._redis = Reach(url, timeout=timeout)
        self._otherwise = otherwise
        self._prefix = f"{prefix}attempts:"

    def note(self, key: str, *, most: int) -> None:
        answer = self._redis.heard(lambda client: evaluate(client, NOTE, self._prefix + key, WINDOW * 1_000))
        if not isinstance(answer, list):
            self._otherwise.note(key, most=most)
        elif answer[0] > most:
            raise TooManyAttempts(retry_after=max(1, -(-answer[1] // 1_000)))

    def forget(self, key: str) -> None:
        self._redis.heard(lambda client: client.delete(self._prefix + key))
        self._otherwise.forget(key)

    def close(self) -> None:
        self._redis.close()
