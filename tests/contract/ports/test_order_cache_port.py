"""Contract of OrderCache, on every adapter."""

import time
from collections.abc import Iterator
from itertools import count

import pytest

from orders_adapters.redis.order_cache import RedisOrderCache as InRedis
from orders_adapters.testing.examples import placed
from orders_adapters.testing.order_cache import CacheHarness, OrderCacheTests, saved
from tests.contract.ports.caches import in_memory, in_redis
from tests.support.servers.proxy import Proxy
from tests.support.servers.redis import RedisServer

NUMBERS = count(1)


@pytest.fixture(params=["memory", "redis"])
def harness(request: pytest.FixtureRequest) -> CacheHarness:
    """An empty cache."""
    if request.param == "memory":
        return in_memory()
    server: RedisServer = request.getfixturevalue("redis_server")
    return in_redis(server.url, prefix=f"{server.prefix}cache-{next(NUMBERS)}:")


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


class TestOrderCache(OrderCacheTests):
    pass


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
