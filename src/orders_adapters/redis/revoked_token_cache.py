"""Cache of the revoked tokens in Redis, with a marker of its completeness (clause 002-24)."""

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

TTL = 300  # seconds after which the cache is filled again
MAX_CACHED = 100_000
RETRY_AFTER = 60.0  # seconds without a further attempt after MAX_CACHED was exceeded
_BATCH = 1_000
_Result = TypeVar("_Result")

# Everything is in one sorted set, because Redis loses or retains a key as a unit: the revoked keys, scored by their
# expiry, and `complete <run id>`. Redis's run id differs after a restart from an old snapshot and on a promoted
# replica, so the cache does not count as complete there.
_RUN = "local run = string.match(tostring(redis.pcall('INFO', 'server')), 'run_id:(%x+)') or ''\n"
LOOKUP = (
    _RUN
    + """
for _, key in ipairs(ARGV) do
  if redis.call('ZSCORE', KEYS[1], key) then return 1 end
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
# A fill that began before Redis lost the set must not complete after the loss.
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
    """One round trip per lookup.

    After a failed call, a process does not trust the cache until it has filled it again, because revocations may be
    missing. Limit: if a process that revokes a token cannot reach Redis but other processes can, these accept the
    token until the first process reaches Redis again, for 300 s at most.
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
        self._key = f"{prefix}revoked_tokens"
        self._ttl = int(ttl * 1_000)
        # A new process does not trust the cache, because its predecessor may have died before it added a token.
        self._failures = 1
        self._verified = 0  # the number of failures when the cache was last filled
        self._not_before = 0.0

    def lookup(self, keys: Sequence[str]) -> bool | None:
        reply = self._try_call(lambda client: evaluate(client, LOOKUP, self._key, *keys, prefetch=self._prefetch))
        if reply == 1:
            return True
        return False if reply == 0 and self._failures == self._verified else None

    def add(self, keys: Mapping[str, datetime]) -> None:
        def add(client: redis.Redis) -> bool:
            try:
                self._add(client, keys)
            except redis.ResponseError:  # such as full memory, which permits DEL; no process may trust the cache now
                client.delete(self._key)
            return True

        if self._try_call(add) is None:
            self._try_call(add)  # because other processes trust the cache, and most failures are short

    def refresh(self, revoked_tokens: AllRevokedTokens) -> None:
        failures, fill_id = self._failures, uuid4().hex
        if time.monotonic() < self._not_before:
            return
        if self._try_call(lambda client: evaluate(client, BEGIN, self._key, fill_id, self._ttl)) is None:
            return
        if (revoked := revoked_tokens.all(limit=MAX_CACHED)) is None:
            self._not_before = time.monotonic() + RETRY_AFTER
            return

        def fill(client: redis.Redis) -> object:
            remaining = iter(revoked.items())
            while batch := dict(islice(remaining, _BATCH)):
                self._add(client, batch)
            return evaluate(client, COMPLETE, self._key, fill_id, self._ttl)

        if self._try_call(fill) == 1:
            self._verified = failures

    def close(self) -> None:
        self._redis.close()

    def _add(self, client: redis.Redis, keys: Mapping[str, datetime]) -> None:
        client.zadd(self._key, {key: until.timestamp() for key, until in keys.items()})

    def _try_call(self, command: Callable[[redis.Redis], _Result]) -> _Result | None:
        reply = self._redis.try_call(command)
        if reply is None:
            self._failures += 1
        return reply
