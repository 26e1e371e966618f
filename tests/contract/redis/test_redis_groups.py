"""Contracts of the Redis adapters, with Sentinel and in a cluster of six."""

import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from orders_adapters.memory.rate_limiter import InMemoryRateLimiter
from orders_adapters.redis import write_lease
from orders_adapters.redis.order_cache import RedisOrderCache
from orders_adapters.redis.rate_limiter import RedisRateLimiter
from orders_adapters.redis.revoked_token_cache import RedisRevokedTokenCache
from orders_adapters.testing.accounts.rate_limiter import RateLimiterHarness, RateLimiterTests
from orders_adapters.testing.accounts.revoked_token_cache import RevokedTokenCacheTests
from orders_adapters.testing.examples import Clock, placed
from orders_adapters.testing.order_cache import CacheHarness, OrderCacheTests, saved
from orders_adapters.testing.stores import StoreHarness
from orders_domain.ports.accounts.revoked_tokens import RevokedTokenCache
from tests.support.servers.ephemeral.redis_groups import ClusterGroup, Group
from tests.support.stores import in_memory

pytestmark = pytest.mark.deep
TIMEOUT = 2.0


@pytest.fixture
def prefix() -> str:
    return f"{uuid4().hex}:"


@pytest.fixture
def pass_time(redis_group: Group, prefix: str) -> Callable[[float], None]:
    """A function that shortens the TTL of every key."""

    def pass_time(seconds: float) -> None:
        for client, key in redis_group.scan(f"{prefix}*"):
            left = client.pttl(key)
            if left in (-2, 0):  # it has expired since it was found
                continue
            assert left > 0, f"{key!r} lives for ever"
            client.pexpire(key, max(1, left - int(seconds * 1_000)))
        time.sleep(0.01)

    return pass_time


class TestOrderCache(OrderCacheTests):
    @pytest.fixture
    def harness(self, redis_group: Group, prefix: str, pass_time: Callable[[float], None]) -> Iterator[CacheHarness]:
        cache = RedisOrderCache(redis_group.url, prefix=prefix, timeout=TIMEOUT)
        yield CacheHarness(cache=cache, pass_time=pass_time)
        cache.close()


class TestRateLimiter(RateLimiterTests):
    @pytest.fixture
    def harness(
        self, redis_group: Group, prefix: str, pass_time: Callable[[float], None]
    ) -> Iterator[RateLimiterHarness]:
        clock = Clock()
        fallback = InMemoryRateLimiter(clock=clock)
        limiter = RedisRateLimiter(redis_group.url, prefix=prefix, timeout=TIMEOUT, fallback=fallback)

        def pass_both(seconds: float) -> None:
            clock.advance(seconds)
            pass_time(seconds)

        yield RateLimiterHarness(limiter=limiter, pass_time=pass_both)
        limiter.close()


class TestRevokedTokenCache(RevokedTokenCacheTests):
    @pytest.fixture
    def store(self) -> StoreHarness:
        return in_memory()

    @pytest.fixture
    def new_cache(self, redis_group: Group, prefix: str) -> Iterator[Callable[[], RevokedTokenCache]]:
        made: list[RedisRevokedTokenCache] = []

        def cache() -> RedisRevokedTokenCache:
            made.append(RedisRevokedTokenCache(redis_group.url, prefix=prefix, timeout=TIMEOUT))
            return made[-1]

        yield cache
        for one in made:
            one.close()


def test_copies_are_spread_over_all_masters(redis_group: Group, prefix: str) -> None:
    cache = RedisOrderCache(redis_group.url, prefix=prefix, timeout=TIMEOUT)
    for _ in range(40):
        cache.put(saved(placed()))

    homes = {client.connection_pool.connection_kwargs["port"] for client, _ in redis_group.scan(f"{prefix}*:order")}

    assert len(homes) == (3 if isinstance(redis_group, ClusterGroup) else 1)
    cache.close()


def test_master_that_refuses_writes_is_not_believed(redis_group: Group, prefix: str) -> None:
    cache = RedisOrderCache(redis_group.url, prefix=prefix, timeout=TIMEOUT)
    orders = [saved(placed()) for _ in range(40)]
    for order in orders:
        cache.put(order)
    master = redis_group.home(f"{prefix}*:order")
    with master.client() as client:
        there = {key.rpartition("{")[2].partition("}")[0] for key in client.scan_iter(f"{prefix}*:order")}
        client.config_set("min-replicas-to-write", "9")
        try:
            time.sleep(write_lease.SECONDS)

            missing = {str(order.id) for order in orders if cache.get(order.id) != order}
        finally:
            client.config_set("min-replicas-to-write", "0")

    assert missing == there
    cache.close()
