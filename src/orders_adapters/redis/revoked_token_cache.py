"""Cache of the revoked tokens in Redis, with a marker of its completeness (clause 002-24)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from itertools import islice
from typing import TypeVar
from uuid import uuid4

import redis

from orders_adapters.redis import revoked_token_scripts as scripts
from orders_adapters.redis.client import Client, node_of
from orders_adapters.redis.lua_scripts import evaluate
from orders_adapters.redis.prefetch import Prefetch
from orders_adapters.redis.repeater import Repeater
from orders_adapters.redis.resilient_client import ResilientClient
from orders_adapters.redis.write_lease import WriteLease
from orders_domain.errors import StoreUnavailable
from orders_domain.model.accounts.auth_token import Revocation
from orders_domain.ports.accounts.revoked_tokens import AllRevokedTokens, RevokedTokenCache

TTL = 300  # seconds after which the cache is filled again
MAX_CACHED = 100_000
RETRY_AFTER = 60.0  # seconds without a further attempt after MAX_CACHED was exceeded, or INFO was not permitted
BUSY_RETRY = 1.0  # seconds without a further attempt while another process fills the cache
FILL_SECONDS = 10  # after which a process that fills the cache counts as dead
SEEN_SECONDS = 600  # for which a database counts as a user of the prefix after a fill
NO_INFO = (
    "the Redis user must have the permission +info, otherwise each request reads the revoked tokens from the database"
)
_BATCH = 1_000
_Result = TypeVar("_Result")
log = logging.getLogger(__name__)


class RedisRevokedTokenCache(RevokedTokenCache):
    """One round trip per lookup.

    ``identity`` returns that of the database, whose cache is separate from those of others with the same prefix.

    After a failed call, a process does not trust the cache until it has filled it again, because revocations may be
    missing. While Redis refuses writes, no process trusts the cache, at the latest a second after the refusal began
    (``write_lease``); the process whose revocation was refused discards the cache when Redis accepts writes again.

    Limit: if a process that revokes a token cannot reach Redis but other processes can, these accept the token until
    the first process reaches Redis again, for 300 s at most.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "orders:",
        identity: Callable[[], str] = lambda: "",
        timeout: float = 0.1,
        ttl: float = TTL,
        prefetch: Prefetch | None = None,
        lease: WriteLease | None = None,
    ) -> None:
        self._redis = ResilientClient(url, timeout=timeout)
        self._prefetch, self._lease = prefetch, lease or WriteLease(prefix)
        self._repeater = Repeater(self._discard)
        self._prefix, self._identity = prefix, identity
        self._key: str | None = None  # unknown until the identity is read
        self._ttl = int(ttl * 1_000)
        # A new process does not trust the cache, because its predecessor may have died before it added a token.
        self._failures = 1
        self._verified = 0  # the number of failures when the cache was last filled
        self._not_before = 0.0
        self._filling = threading.Lock()

    def lookup(self, numbers: Mapping[str, int]) -> bool | None:
        try:
            key = self._key or self._read_key()
        except StoreUnavailable:
            return None
        requested_at = time.monotonic()

        def look_up(client: Client) -> tuple[object, str]:
            pairs = _pairs(numbers)
            reply = evaluate(client, scripts.LOOKUP, key, *pairs, prefetch=self._prefetch, lease=self._lease)
            return reply, node_of(client, key)

        reply, node = self._try_call(look_up) or (None, "")
        if reply == 1:
            return True
        trusted = self._failures == self._verified and self._lease.valid(requested_at, node)
        return False if reply == 0 and trusted else None

    def add(self, revocations: Mapping[str, Revocation]) -> None:
        try:
            key = self._key or self._read_key()
        except StoreUnavailable:
            self._failures += 1
            return
        valid_from = {name: revocation.valid_from for name, revocation in revocations.items()}

        def add(client: Client) -> bool:
            try:
                self._add(client, key, valid_from)
            except redis.ResponseError:  # such as full memory, which permits DEL; no process may trust the cache now
                client.delete(key)
            return True

        if self._try_call(add) is None and self._try_call(add) is None:  # at once, because most failures are short
            self._repeater.request()

    def refresh(self, revoked_tokens: AllRevokedTokens) -> None:
        if time.monotonic() < self._not_before or not self._filling.acquire(blocking=False):
            return
        try:
            self._fill(revoked_tokens)
        finally:
            self._filling.release()

    def advice(self) -> str | None:
        """Return what operators should change, or None: missing permissions, or a prefix that another database uses.

        Raises:
            StoreUnavailable: the store is unavailable.
        """
        if self._try_call(lambda client: evaluate(client, scripts.RUN_ID, self._seen)) == b"":
            return f"REDIS_URL: {NO_INFO}."
        seen = self._try_call(lambda client: client.zrangebyscore(self._seen, time.time() - SEEN_SECONDS, "+inf"))
        if isinstance(seen, list) and set(seen) - {self._identity().encode()}:
            return "REDIS_PREFIX is also used with another database, which shares the memory of this Redis but no key."
        return None

    def close(self) -> None:
        self._repeater.close()
        self._redis.close()

    def _discard(self) -> bool:
        """Delete the cache, because a revocation is missing in it; return whether Redis accepted that."""
        key = self._key
        return key is None or self._try_call(lambda client: client.delete(key)) is not None

    def _fill(self, revoked_tokens: AllRevokedTokens) -> None:
        key = self._read_key()  # again, because it changes after a restore
        failures, fill_id = self._failures, uuid4().hex
        begun = self._try_call(
            lambda client: evaluate(client, scripts.BEGIN, key, fill_id, self._ttl, int(FILL_SECONDS * 1_000))
        )
        if begun != scripts.BEGUN:
            self._pause(begun)
            return
        if (revoked := revoked_tokens.all(limit=MAX_CACHED)) is None:
            self._not_before = time.monotonic() + RETRY_AFTER
            return

        def fill(client: Client) -> object:
            remaining = iter(revoked.items())
            while batch := dict(islice(remaining, _BATCH)):
                self._add(client, key, batch)
            client.zadd(self._seen, {self._identity(): time.time()})
            return evaluate(client, scripts.COMPLETE, key, fill_id, self._ttl)

        if self._try_call(fill) == 1:
            self._verified = failures

    def _pause(self, begun: object) -> None:
        if begun == scripts.BUSY:
            self._not_before = time.monotonic() + BUSY_RETRY
        elif begun == scripts.NO_RUN_ID:
            self._not_before = time.monotonic() + RETRY_AFTER
            log.warning("revoked_tokens.not_cached: %(reason)s", {"reason": NO_INFO})

    def _read_key(self) -> str:
        identity = self._identity()
        self._key = f"{self._prefix}revoked_tokens:{identity}" if identity else f"{self._prefix}revoked_tokens"
        return self._key

    @property
    def _seen(self) -> str:
        return f"{self._prefix}databases"

    def _add(self, client: Client, key: str, valid_from: Mapping[str, int]) -> None:
        evaluate(client, scripts.ADD, key, self._ttl, *_pairs(valid_from))

    def _try_call(self, command: Callable[[Client], _Result]) -> _Result | None:
        reply = self._redis.try_call(command)
        if reply is None:
            self._failures += 1
        return reply


def _pairs(valid_from: Mapping[str, int]) -> list[str | int]:
    return [part for pair in valid_from.items() for part in pair]
