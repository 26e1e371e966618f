"""Cache of revoked tokens in a Redis that loses data, restarts, freezes or is cut off: unknown, but never wrong."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from orders_adapters.circuit_breaker import RESET_TIMEOUT
from orders_adapters.composite.cached_revoked_tokens import CachedRevokedTokens, directly
from orders_adapters.memory.revoked_tokens import InMemoryRevokedTokens
from orders_adapters.memory.store import InMemoryStore
from orders_adapters.redis import revoked_token_cache as redis_denylist
from orders_adapters.redis.revoked_token_cache import RedisRevokedTokenCache
from orders_adapters.testing.accounts.revoked_tokens import numbers, until
from orders_domain.errors import StoreUnavailable
from orders_domain.model.accounts.auth_token import Revocation
from tests.support.servers.ephemeral import ThrowawayRedis
from tests.support.servers.proxy import Proxy

REVOKED = until(datetime.now(UTC) + timedelta(days=1))


@pytest.fixture
def stored_tokens() -> InMemoryRevokedTokens:
    return InMemoryRevokedTokens(InMemoryStore())


@pytest.fixture
def caches(throwaway_redis: ThrowawayRedis) -> Iterator[Callable[..., RedisRevokedTokenCache]]:
    made: list[RedisRevokedTokenCache] = []

    def cache(url: str = "", **options: Any) -> RedisRevokedTokenCache:
        made.append(RedisRevokedTokenCache(url or throwaway_redis.url, **({"timeout": 1.0} | options)))
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
    cache.add({"mark": REVOKED})

    assert cache.lookup(numbers("mark")) is True
    assert cache.lookup(numbers("innocent")) is None


@pytest.mark.parametrize("loss", ["FLUSHALL", "DEL", "a restart"])
def test_data_loss_does_not_restore_a_token(
    caches: Callable[..., RedisRevokedTokenCache],
    client: redis.Redis,
    stored_tokens: InMemoryRevokedTokens,
    throwaway_redis: ThrowawayRedis,
    loss: str,
) -> None:
    revoked_tokens, other = (CachedRevokedTokens(stored_tokens, caches(), start=directly) for _ in range(2))
    revoked_tokens.is_revoked(numbers("mark"))
    revoked_tokens.revoke({"mark": REVOKED})
    assert other.is_revoked(numbers("mark"))

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

    assert revoked_tokens.is_revoked(numbers("mark"))
    assert other.is_revoked(numbers("mark"))
    assert not other.is_revoked(numbers("innocent"))


def test_restart_with_old_data_is_distrusted(
    caches: Callable[..., RedisRevokedTokenCache],
    client: redis.Redis,
    stored_tokens: InMemoryRevokedTokens,
    throwaway_redis: ThrowawayRedis,
) -> None:
    cache = caches()
    cache.refresh(stored_tokens)
    assert cache.lookup(numbers("mark")) is False
    time.sleep(0.2)  # the file is written

    throwaway_redis.kill()
    stored_tokens.revoke({"mark": REVOKED})  # while Redis is unavailable, or after its snapshot
    throwaway_redis.start()

    assert client.zcard("orders:revoked_tokens") == 1, "the old copy is there again"
    assert cache.lookup(numbers("mark")) is None
    assert CachedRevokedTokens(stored_tokens, caches(), start=directly).is_revoked(numbers("mark"))


@pytest.mark.parametrize("trouble", [Proxy.cut, Proxy.hang])
def test_revocation_during_outage_is_effective(
    caches: Callable[..., RedisRevokedTokenCache],
    stored_tokens: InMemoryRevokedTokens,
    throwaway_redis: ThrowawayRedis,
    trouble: Callable[[Proxy], None],
) -> None:
    with Proxy.before(throwaway_redis.url) as network:
        revoked_tokens = CachedRevokedTokens(
            stored_tokens, caches(network.through(throwaway_redis.url), timeout=0.1), start=directly
        )
        elsewhere = caches()
        elsewhere.refresh(stored_tokens)
        assert not revoked_tokens.is_revoked(numbers("mark"))
        trouble(network)
        revoked_tokens.revoke({"mark": REVOKED})
        assert revoked_tokens.is_revoked(numbers("mark"))
        network.restore()

        assert revoked_tokens.is_revoked(numbers("mark"))
        time.sleep(RESET_TIMEOUT + 0.1)  # the circuit probes again
        assert revoked_tokens.is_revoked(numbers("mark"))
        assert not revoked_tokens.is_revoked(numbers("innocent"))

        assert elsewhere.lookup(numbers("mark")) is True
        assert elsewhere.lookup(numbers("innocent")) is False


def test_frozen_redis_costs_three_timeouts(
    caches: Callable[..., RedisRevokedTokenCache], stored_tokens: InMemoryRevokedTokens, throwaway_redis: ThrowawayRedis
) -> None:
    revoked_tokens = CachedRevokedTokens(stored_tokens, caches(timeout=0.1), start=directly)
    revoked_tokens.is_revoked(numbers("mark"))
    throwaway_redis.freeze()

    began = time.monotonic()
    for _ in range(100):
        assert not revoked_tokens.is_revoked(numbers("mark"))

    assert time.monotonic() - began < 1.5


def test_expired_cache_is_rebuilt(
    caches: Callable[..., RedisRevokedTokenCache], client: redis.Redis, stored_tokens: InMemoryRevokedTokens
) -> None:
    cache = caches(ttl=60)
    cache.refresh(stored_tokens)
    stored_tokens.revoke({"mark": REVOKED})  # by a process that cannot reach this Redis
    assert cache.lookup(numbers("mark")) is False
    assert 0 < client.pttl("orders:revoked_tokens") <= 60_000

    client.pexpire("orders:revoked_tokens", 1)
    time.sleep(0.1)

    assert cache.lookup(numbers("mark")) is None


def test_cache_built_during_data_loss_is_incomplete(
    caches: Callable[..., RedisRevokedTokenCache], client: redis.Redis, stored_tokens: InMemoryRevokedTokens
) -> None:
    cache, other = caches(), caches()

    class Slow(InMemoryRevokedTokens):
        def all(self, *, limit: int) -> Mapping[str, int] | None:
            revoked = super().all(limit=limit)
            self.revoke({"mark": REVOKED})  # another process revokes a token meanwhile ...
            other.add({"mark": REVOKED})
            client.flushall()  # ... and Redis loses it
            return revoked

    cache.refresh(Slow(InMemoryStore()))

    assert cache.lookup(numbers("mark")) is None


def test_oversized_list_is_not_cached(
    caches: Callable[..., RedisRevokedTokenCache], stored_tokens: InMemoryRevokedTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_denylist, "MAX_CACHED", 2)
    stored_tokens.revoke({f"mark {number}": REVOKED for number in range(3)})
    cache = caches()

    cache.refresh(stored_tokens)
    assert cache.lookup(numbers("mark 1")) is None
    monkeypatch.setattr(redis_denylist, "MAX_CACHED", 3)
    cache.refresh(stored_tokens)

    assert cache.lookup(numbers("mark 1")) is None


def test_failed_add_marks_cache_incomplete(
    caches: Callable[..., RedisRevokedTokenCache], stored_tokens: InMemoryRevokedTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, other = caches(), caches()
    cache.refresh(stored_tokens)
    try_call, hiccups = cache._redis.try_call, [True]
    monkeypatch.setattr(cache._redis, "try_call", lambda ask: None if hiccups and hiccups.pop() else try_call(ask))

    cache.add({"mark": REVOKED})

    assert other.lookup(numbers("mark")) is True


def test_full_redis_marks_cache_incomplete(
    caches: Callable[..., RedisRevokedTokenCache], client: redis.Redis, stored_tokens: InMemoryRevokedTokens
) -> None:
    revoked_tokens, other = (CachedRevokedTokens(stored_tokens, caches(), start=directly) for _ in range(2))
    assert not other.is_revoked(numbers("mark"))  # the cache is complete now
    client.config_set("maxmemory", "1")

    revoked_tokens.revoke({"mark": REVOKED})
    denied = other.is_revoked(numbers("mark"))

    client.config_set("maxmemory", "0")
    assert denied


def test_missing_token_is_added_by_next_process(
    caches: Callable[..., RedisRevokedTokenCache], stored_tokens: InMemoryRevokedTokens
) -> None:
    other, survivor = CachedRevokedTokens(stored_tokens, caches(), start=directly), caches()
    survivor.refresh(stored_tokens)
    stored_tokens.revoke({"mark": REVOKED})  # by a process that died before it reached Redis
    assert survivor.lookup(numbers("mark")) is False

    denied = other.is_revoked(numbers("mark"))

    assert denied
    assert survivor.lookup(numbers("mark")) is True


class Counted(InMemoryRevokedTokens):
    """Revoked tokens that count how often all of them are read, which takes a while."""

    def __init__(self) -> None:
        super().__init__(InMemoryStore())
        self.reads = 0

    def all(self, *, limit: int) -> Mapping[str, int] | None:
        self.reads += 1
        time.sleep(0.3)
        return super().all(limit=limit)


def test_databases_do_not_share_a_cache(caches: Callable[..., RedisRevokedTokenCache]) -> None:
    """Two deployments with the same Redis and prefix; a token is revoked in one, and the other fills its cache."""
    blue, green = InMemoryRevokedTokens(InMemoryStore()), InMemoryRevokedTokens(InMemoryStore())
    first, second = (
        CachedRevokedTokens(store, caches(identity=lambda name=name: name), start=directly)
        for name, store in (("blue", blue), ("green", green))
    )
    first.revoke({"mark": REVOKED})
    assert not second.is_revoked(numbers("mark"))
    assert first.is_revoked(numbers("mark"))

    assert not second.is_revoked(numbers("mark"))
    assert first.is_revoked(numbers("mark"))


def test_shared_prefix_is_reported(caches: Callable[..., RedisRevokedTokenCache]) -> None:
    blue, green = caches(identity=lambda: "blue"), caches(identity=lambda: "green")
    blue.refresh(InMemoryRevokedTokens(InMemoryStore()))
    assert blue.advice() is None

    green.refresh(InMemoryRevokedTokens(InMemoryStore()))

    for cache in (blue, green):
        assert "REDIS_PREFIX" in (cache.advice() or "")


def test_new_identity_is_a_new_cache(
    caches: Callable[..., RedisRevokedTokenCache], stored_tokens: InMemoryRevokedTokens
) -> None:
    identities = ["lost"]
    cache, other = (caches(identity=lambda: identities[-1]) for _ in range(2))
    cache.refresh(stored_tokens)
    identities.append("restored")

    stored_tokens.revoke({"mark": REVOKED})
    other.refresh(stored_tokens)

    assert other.lookup(numbers("mark")) is True
    cache.refresh(stored_tokens)
    assert cache.lookup(numbers("mark")) is True


def test_unknown_identity_is_unknown(
    caches: Callable[..., RedisRevokedTokenCache], stored_tokens: InMemoryRevokedTokens
) -> None:
    def unavailable() -> str:
        raise StoreUnavailable("The store is unavailable or too slow.")

    cache = caches(identity=unavailable)

    cache.add({"mark": REVOKED})

    assert cache.lookup(numbers("mark")) is None


@pytest.fixture
def restricted(client: redis.Redis, throwaway_redis: ThrowawayRedis) -> str:
    """The URL of a user without INFO, which is in the category @dangerous."""
    client.acl_setuser(
        "orders", enabled=True, passwords=["+secret"], keys=["*"], channels=["*"], categories=["+@all", "-@dangerous"]
    )
    return throwaway_redis.url.replace("redis://", "redis://orders:secret@")


def test_user_without_info_reads_no_list(
    caches: Callable[..., RedisRevokedTokenCache],
    client: redis.Redis,
    restricted: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stored_tokens, cache = Counted(), caches(restricted)
    revoked_tokens = CachedRevokedTokens(stored_tokens, cache, start=directly)
    stored_tokens.revoke({f"mark {number}": REVOKED for number in range(100)})

    answers = [revoked_tokens.is_revoked(numbers(mark)) for mark in ("mark 1", "innocent") * 10]
    revoked_tokens.revoke({"mark": REVOKED})

    assert answers == [True, False] * 10
    assert stored_tokens.reads == 0
    assert revoked_tokens.is_revoked(numbers("mark"))
    assert client.zcard("orders:revoked_tokens") == 1
    assert client.pttl("orders:revoked_tokens") > 0
    assert [record.message for record in caplog.records if "+info" in record.message] != []
    assert "+info" in (cache.advice() or "")


def test_one_process_fills_the_cache(caches: Callable[..., RedisRevokedTokenCache]) -> None:
    stored_tokens = Counted()
    stored_tokens.revoke({f"mark {number}": REVOKED for number in range(100)})
    processes = [CachedRevokedTokens(stored_tokens, caches(), start=directly) for _ in range(4)]

    def ask(number: int) -> float:
        began = time.monotonic()
        assert processes[number % 4].is_revoked(numbers(f"mark {number}"))
        assert not processes[number % 4].is_revoked(numbers("innocent"))
        return time.monotonic() - began

    with ThreadPoolExecutor(16) as threads:
        durations = sorted(threads.map(ask, range(16)))

    assert stored_tokens.reads == 1
    assert len([duration for duration in durations if duration >= 0.3]) == 1, durations


def test_fill_of_the_cache_delays_no_request(caches: Callable[..., RedisRevokedTokenCache]) -> None:
    stored_tokens, cache = Counted(), caches()
    revoked_tokens = CachedRevokedTokens(stored_tokens, cache)

    began = time.monotonic()
    answers = [revoked_tokens.is_revoked(numbers("innocent")) for _ in range(10)]
    took = time.monotonic() - began

    assert (answers, took < 0.2) == ([False] * 10, True), took
    deadline = began + 10
    while cache.lookup(numbers("innocent")) is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (cache.lookup(numbers("innocent")), stored_tokens.reads) == (False, 1)


def test_dead_filler_is_replaced(
    caches: Callable[..., RedisRevokedTokenCache],
    stored_tokens: InMemoryRevokedTokens,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(redis_denylist, "FILL_SECONDS", 0.3)
    monkeypatch.setattr(redis_denylist, "BUSY_RETRY", 0.1)

    class Dying(InMemoryRevokedTokens):
        def all(self, *, limit: int) -> Mapping[str, int] | None:
            raise StoreUnavailable("The process dies here.")

    with pytest.raises(StoreUnavailable):
        caches().refresh(Dying(InMemoryStore()))
    survivor = caches()
    survivor.refresh(stored_tokens)
    assert survivor.lookup(numbers("mark")) is None
    time.sleep(0.4)

    survivor.refresh(stored_tokens)

    assert survivor.lookup(numbers("mark")) is False


def test_many_refreshes_are_one_entry(
    caches: Callable[..., RedisRevokedTokenCache], client: redis.Redis, stored_tokens: InMemoryRevokedTokens
) -> None:
    revoked_tokens = CachedRevokedTokens(stored_tokens, caches(), start=directly)
    for generation in range(1, 200):
        revoked_tokens.revoke({"family": Revocation(generation, REVOKED.until)})

    assert not revoked_tokens.is_revoked({"family": 199})
    assert revoked_tokens.is_revoked({"family": 198})
    assert client.zcard("orders:revoked_tokens") == 2
