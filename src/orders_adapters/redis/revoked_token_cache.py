"""A copy of the denylist in Redis, which knows whether it is complete (clause 002-24)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar
from uuid import uuid4

import redis

from orders_adapters.redis.lua_scripts import evaluate
from orders_adapters.redis.prefetch import Prefetch
from orders_adapters.redis.resilient_client import ResilientClient
from orders_domain.ports.revoked_tokens import AllRevokedTokens, RevokedTokenCache

TTL = 300  # seconds that a copy is believed; then it is made anew
MAX_CACHED = 100_000
RETRY_AFTER = 60.0  # seconds without another try after there were more
_BATCH = 1_000
_Answer = TypeVar("_Answer")

# All is in one sorted set, which Redis loses or keeps whole: marks by the moment until which they are denied, and
# `complete <run>`. The run is Redis's own id of this life of this server: after a restart with an old snapshot, and on
# a replica that took over, it is another one, and the copy is no longer believed to be complete.
_RUN = "local run = string.match(tostring(redis.pcall('INFO', 'server')), 'run_id:(%x+)') or ''\n"
LOOKUP = (
    _RUN
    + """
for _, mark in ipairs(ARGV) do
  if redis.call('ZSCORE', KEYS[1], mark) then return 1 end
end
return redis.call('ZSCORE', KEYS[1], 'complete ' .. run) and 0 or -1
"""
)
BEGIN = (
    _RUN
    + """
redis.call('ZADD', KEYS[1], 0, 'begun ' .. ARGV[1] .. ' ' .. run)
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
"""
)
# What was begun before Redis lost the set is not completed after it.
COMPLETE = (
    _RUN
    + """
if run == '' or redis.call('ZREM', KEYS[1], 'begun ' .. ARGV[1] .. ' ' .. run) == 0 then return 0 end
redis.call('ZADD', KEYS[1], 0, 'complete ' .. run)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""
)


class RedisRevokedTokenCache(RevokedTokenCache):
    """One round trip a question.

    Who fails to reach Redis doubts the copy from then on, and makes it anew when Redis is back: it may lack what was
    denied meanwhile. What it does not promise: where a process that denies a token is cut off from a Redis that others
    still reach, they believe the token until that process reaches Redis again; for 300 s at most.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "orders:",
        timeout: float = 0.1,
        ttl: float = TTL,
        prefetch: Prefetch | None = None,
    ) -> None:
        self._redis = ResilientClient(url, timeout=timeout)
        self._prefetch = prefetch
        self._key = f"{prefix}denied"
        self._ttl = int(ttl * 1_000)
        # A new process does not trust the copy either: the one before it may have died without adding a token to it.
        self._failures = 1  # so far
        self._verified = 0  # failures there had been when the copy was last made
        self._not_before = 0.0

    def lookup(self, keys: Sequence[str]) -> bool | None:
        answer = self._try_call(lambda client: evaluate(client, LOOKUP, self._key, *keys, prefetch=self._prefetch))
        if answer == 1:
            return True
        return False if answer == 0 and self._failures == self._verified else None

    def add(self, keys: Mapping[str, datetime]) -> None:
        def tell(client: redis.Redis) -> bool:
            try:
                self._add(client, keys)
            except redis.ResponseError:  # such as a full memory, which allows deleting: nobody may believe the copy
                client.delete(self._key)
            return True

        if self._try_call(tell) is None:
            self._try_call(tell)  # others believe the copy, and a hiccup is likelier than an outage

    def refresh(self, revoked_tokens: AllRevokedTokens) -> None:
        failures, begun = self._failures, uuid4().hex
        if time.monotonic() < self._not_before:
            return
        if self._try_call(lambda client: evaluate(client, BEGIN, self._key, begun, self._ttl)) is None:
            return
        if (marks := revoked_tokens.all(limit=MAX_CACHED)) is None:
            self._not_before = time.monotonic() + RETRY_AFTER
            return

        def copy(client: redis.Redis) -> object:
            rest = iter(marks.items())
            while batch := dict(islice(rest, _BATCH)):
                self._add(client, batch)
            return evaluate(client, COMPLETE, self._key, begun, self._ttl)

        if self._try_call(copy) == 1:
            self._verified = failures

    def close(self) -> None:
        self._redis.close()

    def _add(self, client: redis.Redis, keys: Mapping[str, datetime]) -> None:
        client.zadd(self._key, {mark: until.timestamp() for mark, until in keys.items()})

    def _try_call(self, ask: Callable[[redis.Redis], _Answer]) -> _Answer | None:
        answer = self._redis.try_call(ask)
        if answer is None:
            self._failures += 1
        return answer
