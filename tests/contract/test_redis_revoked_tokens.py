"""Cache of revoked tokens in a Redis that loses data, restarts, freezes or is cut off: unknown, but never wrong."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import redis

from orders_adapters.composite.cached_revoked_tokens import CachedRevokedTokens
from orders_adapters.memory.revoked_tokens import InMemoryRevokedTokens
from orders_adapters.memory.store import InMemoryStore
from orders_adapters.redis import revoked_token_cache as redis_denylist
from orders_adapters.redis.circuit_breaker import RESET_TIMEOUT
from orders_adapters.redis.revoked_token_cache import RedisRevokedTokenCache
from tests.support.servers.ephemeral import ThrowawayRedis
from tests.support.servers.proxy import Proxy

LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def stored_tokens() -> InMemoryRevokedTokens:
    return InMemoryRevokedTokens(InMemoryStore())


@pytest.fixture
def caches(throwaway_redis: ThrowawayRedis) -> Iterator[Callable[..., RedisRevokedTokenCache]]:
    made: list[RedisRevokedTokenCache] = []

    def cache(url: str = "", **options: float) -> RedisRevokedTokenCache:
        made.append(RedisRevokedTokenCache(url or throwaway_redis.url, **({"timeout": 1.0} | options)))  # type: ignore[arg-type]
        return made[-1]

    yield cache
    for made_cache in made:
        made_cache.close()


@pytest.fixture
def client(throwaway_redis: ThrowawayRedis) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(throwaway_redis.url) as client:
        yield client


def test_incomplete_cache_answers_unknown(caches: Callable[..., RedisRevokedTokenCache]) -> None:
    cache = caches()
    cache.add({"mark": LATER})

    assert cache.lookup(["mark"]) is True
    assert cache.lookup(["innocent"]) is None


@pytest.mark.parametrize("loss", ["FLUSHALL", "DEL", "a restart"])
def test_data_loss_does_not_restore_a_token(
    caches: Callable[..., RedisRevokedTokenCache],
    client: redis.Redis,
    stored_tokens: InMemoryRevokedTokens,
    throwaway_redis: ThrowawayRedis,
    loss: str,
) -> None:
    revoked_tokens, other = (CachedRevokedTokens(stored_tokens, caches()) for _ in range(2))
    revoked_tokens.is_revoked(["mark"])
    revoked_tokens.revoke({"mark": LATER})
    assert other.is_revoked(["mark"])

    if loss == "a restart":
        client.flushall()
        throwaway_redis.kill()
        throwaway_redis.start()
    else:
        losses: dict[str, Callable[[], object]] = {
            "FLUSHALL": client.flushall,
            "DEL": lambda: client.delete("orders:revoked_tokens"),  # as an eviction would
        }
        losses[loss]()

    assert revoked_tokens.is_revoked(["mark"])
    assert other.is_revoked(["mark"])
    assert not other.is_revoked(["innocent"])


def test_restart_with_old_data_is_distrusted(
    caches: Callable[..., RedisRevokedTokenCache],
    client: redis.Redis,
    stored_tokens: InMemoryRevokedTokens,
    throwaway_redis: ThrowawayRedis,
) -> None:
    cache = caches()
    cache.refresh(stored_tokens)
    assert cache.lookup(["mark"]) is False
    time.sleep(0.2)  # the file is written

    throwaway_redis.kill()
    stored_tokens.revoke({"mark": LATER})  # while Redis is unavailable, or after its snapshot
    throwaway_redis.start()

    assert client.zcard("orders:revoked_tokens") == 1, "the old copy is there again"
    assert cache.lookup(["mark"]) is None
    assert CachedRevokedTokens(stored_tokens, caches()).is_revoked(["mark"])


@pytest.mark.parametrize("trouble", [Proxy.cut, Proxy.hang])
def test_revocation_during_outage_is_effective(
    caches: Callable[..., RedisRevokedTokenCache],
    stored_tokens: InMemoryRevokedTokens,
    throwaway_redis: ThrowawayRedis,
    trouble: Callable[[Proxy], None],
) -> None:
    with Proxy.before(throwaway_redis.url) as network:
        revoked_tokens = CachedRevokedTokens(stored_tokens, caches(network.through(throwaway_redis.url), timeout=0.1))
        elsewhere = caches()
        elsewhere.refresh(stored_tokens)
        assert not revoked_tokens.is_revoked(["mark"])
        trouble(network)
        revoked_tokens.revoke({"mark": LATER})
        assert revoked_tokens.is_revoked(["mark"])
        network.restore()

        assert revoked_tokens.is_revoked(["mark"])
        time.sleep(RESET_TIMEOUT + 0.1)  # the circuit probes again
        assert revoked_tokens.is_revoked(["mark"])
        assert not revoked_tokens.is_revoked(["innocent"])

        assert elsewhere.lookup(["mark"]) is True
        assert elsewhere.lookup(["innocent"]) is False


def test_frozen_redis_costs_three_timeouts(
    caches: Callable[..., RedisRevokedTokenCache], stored_tokens: InMemoryRevokedTokens, throwaway_redis: ThrowawayRedis
) -> None:
    revoked_tokens = CachedRevokedTokens(stored_tokens, caches(timeout=0.1))
    revoked_tokens.is_revoked(["mark"])
    throwaway_redis.freeze()

    began = time.monotonic()
    for _ in range(100):
        assert not revoked_tokens.is_revoked(["mark"])

    assert time.monotonic() - began < 1.5


def test_expired_cache_is_rebuilt(
    caches: Callable[..., RedisRevokedTokenCache], client: redis.Redis, stored_tokens: InMemoryRevokedTokens
) -> None:
    cache = caches(ttl=60)
    cache.refresh(stored_tokens)
    stored_tokens.revoke({"mark": LATER})  # by a process that cannot reach this Redis
    assert cache.lookup(["mark"]) is False
    assert 0 < client.pttl("orders:revoked_tokens") <= 60_000

    client.pexpire("orders:revoked_tokens", 1)
    time.sleep(0.1)

    assert cache.lookup(["mark"]) is None


def test_cache_built_during_data_loss_is_incomplete(
    caches: Callable[..., RedisRevokedTokenCache], client: redis.Redis, stored_tokens: InMemoryRevokedTokens
) -> None:
    cache, other = caches(), caches()

    class Slow(InMemoryRevokedTokens):
        def all(self, *, limit: int):  # type: ignore[no-untyped-def]
            revoked = super().all(limit=limit)
            self.revoke({"mark": LATER})  # another process revokes a token meanwhile ...
            other.add({"mark": LATER})
            client.flushall()  # ... and Redis loses it
            return revoked

    cache.refresh(Slow(InMemoryStore()))

    assert cache.lookup(["mark"]) is None


def test_oversized_list_is_not_cached(
    caches: Callable[..., RedisRevokedTokenCache], stored_tokens: InMemoryRevokedTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_denylist, "MAX_CACHED", 2)
    stored_tokens.revoke({f"mark {number}": LATER for number in range(3)})
    cache = caches()

    cache.refresh(stored_tokens)
    assert cache.lookup(["mark 1"]) is None
    monkeypatch.setattr(redis_denylist, "MAX_CACHED", 3)
    cache.refresh(stored_tokens)

    assert cache.lookup(["mark 1"]) is None


def test_failed_add_marks_cache_incomplete(
    caches: Callable[..., RedisRevokedTokenCache], stored_tokens: InMemoryRevokedTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, other = caches(), caches()
    cache.refresh(stored_tokens)
    try_call, hiccups = cache._redis.try_call, [True]
    monkeypatch.setattr(cache._redis, "try_call", lambda ask: None if hiccups and hiccups.pop() else try_call(ask))

    cache.add({"mark": LATER})

    assert other.lookup(["mark"]) is True


def test_full_redis_marks_cache_incomplete(
    caches: Callable[..., RedisRevokedTokenCache], client: redis.Redis, stored_tokens: InMemoryRevokedTokens
) -> None:
    revoked_tokens, other = (CachedRevokedTokens(stored_tokens, caches()) for _ in range(2))
    assert not other.is_revoked(["mark"])  # the cache is complete now
    client.config_set("maxmemory", "1")

    revoked_tokens.revoke({"mark": LATER})
    denied = other.is_revoked(["mark"])

    client.config_set("maxmemory", "0")
    assert denied


def test_missing_token_is_added_by_next_process(
    caches: Callable[..., RedisRevokedTokenCache], stored_tokens: InMemoryRevokedTokens
) -> None:
    other, survivor = CachedRevokedTokens(stored_tokens, caches()), caches()
    survivor.refresh(stored_tokens)
    stored_tokens.revoke({"mark": LATER})  # by a process that died before it reached Redis
    assert survivor.lookup(["mark"]) is False

    denied = other.is_revoked(["mark"])

    assert denied
    assert survivor.lookup(["mark"]) is True
