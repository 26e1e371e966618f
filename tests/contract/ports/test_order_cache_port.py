"""Contract of OrderCache: a cache may be empty, never stale, and never blocks or fails the caller."""

import json
import time
from collections.abc import Iterator
from copy import deepcopy
from itertools import count

import pytest

from orders_adapters.redis.order_cache import RedisOrderCache as InRedis
from orders_domain import CustomItem, Order, OrderStatus
from orders_domain.ports.order_cache import OrderCache
from tests.contract.ports.caches import CacheHarness, in_memory, in_redis
from tests.contract.ports.test_orders_port import AS_SENT
from tests.support.examples import ADA, NOON, new_id, only, placed
from tests.support.servers.proxy import Proxy
from tests.support.servers.redis import RedisServer
from tests.support.threads import at_once

NUMBERS = count(1)


@pytest.fixture(params=["memory", "redis"])
def harness(request: pytest.FixtureRequest) -> CacheHarness:
    """An empty cache."""
    if request.param == "memory":
        return in_memory()
    server: RedisServer = request.getfixturevalue("redis_server")
    return in_redis(server.url, prefix=f"{server.prefix}cache-{next(NUMBERS)}:")


@pytest.fixture
def cache(harness: CacheHarness) -> OrderCache:
    return harness.cache


def saved(order: Order) -> Order:
    """The order as the store returns it: with its number and without new entries."""
    order.number = 4711
    order.new_entries.clear()
    return order


def versions(count: int) -> list[Order]:
    """One order at versions 1, 2, 3, ... (at most 5)."""
    order = saved(placed())
    seen = [deepcopy(order)]
    for status in (OrderStatus.CONFIRMED, OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED)[: count - 1]:
        order.change_status(only(status), by=ADA, at=NOON)
        seen.append(deepcopy(saved(order)))
    return seen


class TestRoundTrip:
    def test_order_is_cached_unchanged(self, cache: OrderCache) -> None:
        order = saved(placed(lines=(CustomItem(AS_SENT), CustomItem({}))))

        cache.put(order)

        cached = cache.get(order.id)
        assert cached == order
        assert [json.dumps(line.content) for line in cached.items] == [json.dumps(line.content) for line in order.items]
        assert (cached.created_at.utcoffset(), cached.new_entries) == (order.created_at.utcoffset(), [])

    def test_cached_orders_are_copies(self, cache: OrderCache) -> None:
        order = saved(placed())
        before = deepcopy(order)
        cache.put(order)

        for mine in (order, cache.get(order.id)):
            assert mine is not None
            mine.change_status(only(OrderStatus.CANCELED), by=ADA, at=NOON)

        assert cache.get(order.id) == before

    def test_newer_version_replaces_older(self, cache: OrderCache) -> None:
        first, second = versions(2)

        cache.put(first)
        cache.put(second)

        assert cache.get(first.id) == second


class TestNotFound:
    def test_uncached_order_returns_none(self, cache: OrderCache) -> None:
        cache.put(saved(placed()))

        assert cache.get(new_id()) is None

    def test_cached_order_expires_after_five_minutes(self, harness: CacheHarness) -> None:
        order = saved(placed())
        harness.cache.put(order)

        harness.pass_time(298)
        assert harness.cache.get(order.id) == order

        harness.pass_time(2.5)
        time.sleep(0.02)
        assert harness.cache.get(order.id) is None

    def test_read_does_not_extend_cache_ttl(self, harness: CacheHarness) -> None:
        order = saved(placed())
        harness.cache.put(order)

        for _ in range(4):
            harness.pass_time(80)
            harness.cache.get(order.id)

        time.sleep(0.02)
        assert harness.cache.get(order.id) is None


class TestFence:
    """A read that began before a change may store the old order after the invalidation; it must not stay cached."""

    def test_invalidation_removes_and_blocks_old_copy(self, cache: OrderCache) -> None:
        first, second = versions(2)
        cache.put(first)

        assert cache.invalidate({first.id: 2}) is True

        assert cache.get(first.id) is None
        cache.put(first)
        assert cache.get(first.id) is None
        cache.put(second)
        assert cache.get(first.id) == second

    def test_older_copy_does_not_replace_newer(self, cache: OrderCache) -> None:
        first, second = versions(2)
        cache.put(second)

        cache.put(first)

        assert cache.get(first.id) == second

    def test_older_invalidation_keeps_the_fence(self, cache: OrderCache) -> None:
        first, second, third = versions(3)
        cache.invalidate({first.id: 3})

        cache.invalidate({first.id: 2})

        for old in (first, second):
            cache.put(old)
            assert cache.get(first.id) is None
        cache.put(third)
        assert cache.get(first.id) == third

    def test_fence_outlives_cached_copies(self, harness: CacheHarness) -> None:
        first, _ = versions(2)
        harness.cache.invalidate({first.id: 2})

        for _ in range(2):
            harness.pass_time(298)
            harness.cache.put(first)
            assert harness.cache.get(first.id) is None

    def test_version_10_is_newer_than_version_9(self, cache: OrderCache) -> None:
        order = saved(placed())
        order.version = 9
        cache.put(order)

        cache.invalidate({order.id: 10})

        cache.put(order)
        assert cache.get(order.id) is None

    def test_invalidation_of_many_leaves_others(self, cache: OrderCache) -> None:
        orders = [saved(placed()) for _ in range(600)]
        for order in orders:
            cache.put(order)

        assert cache.invalidate({order.id: 2 for order in orders[:-1]}) is True

        assert [order.id for order in orders if cache.get(order.id)] == [orders[-1].id]

    def test_empty_invalidation_succeeds(self, cache: OrderCache) -> None:
        assert cache.invalidate({}) is True


class TestConcurrency:
    def test_racing_reads_never_return_stale_order(self, cache: OrderCache) -> None:
        order = saved(placed())
        last = 60

        def change() -> None:
            for version in range(1, last + 1):
                cache.invalidate({order.id: version})
                cached = cache.get(order.id)
                assert cached is None or cached.version >= version

        def read() -> None:
            for version in [version for version in range(1, last + 1) for _ in range(2)]:
                old = deepcopy(order)
                old.version = max(1, version - 1)
                cache.put(old)

        assert at_once(change, read, read, read) == [None] * 4

        cached = cache.get(order.id)
        assert cached is None or cached.version == last


@pytest.fixture
def network(redis_server: RedisServer) -> Iterator[Proxy]:
    with Proxy.before(redis_server.url) as network:
        yield network


@pytest.fixture
def remote(redis_server: RedisServer, network: Proxy) -> Iterator[InRedis]:
    """Redis with production timeouts, behind a network that can be broken. The in-memory cache cannot fail this way."""
    cache = InRedis(network.through(redis_server.url), prefix=f"{redis_server.prefix}far-{next(NUMBERS)}:")
    yield cache
    cache.close()


class TestCacheOutage:
    @pytest.mark.parametrize("connected_before", [True, False])
    @pytest.mark.parametrize("fault", ["cut", "hang"])
    def test_broken_cache_misses_within_timeout(
        self, remote: InRedis, network: Proxy, fault: str, connected_before: bool
    ) -> None:
        order = saved(placed())
        if connected_before:
            remote.put(order)
            assert remote.get(order.id) == order
        getattr(network, fault)()

        for _ in range(4):
            began = time.monotonic()
            assert remote.get(order.id) is None
            remote.put(order)
            assert remote.invalidate({order.id: 2}) is False
            assert time.monotonic() - began < 1.0

        began = time.monotonic()
        for _ in range(50):
            assert remote.get(order.id) is None
        assert time.monotonic() - began < 1.0  # no call waits any more because the circuit is open

    def test_cache_recovers_after_outage(self, remote: InRedis, network: Proxy) -> None:
        order = saved(placed())
        network.cut()
        for _ in range(5):
            assert remote.invalidate({order.id: 1}) is False
        network.restore()

        give_up_at = time.monotonic() + 10
        while not remote.invalidate({order.id: 1}):
            assert time.monotonic() < give_up_at
            time.sleep(0.1)

        remote.put(order)
        assert remote.get(order.id) == order

    def test_slow_cache_is_a_miss(self, remote: InRedis, network: Proxy) -> None:
        remote.put(order := saved(placed()))
        network.delay(0.5)

        began = time.monotonic()
        assert remote.get(order.id) is None
        assert time.monotonic() - began < 0.4
