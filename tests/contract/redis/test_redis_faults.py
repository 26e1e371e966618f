"""Redis faults: frozen, unavailable, full, read-only, restarted, and forked clients. No error, and little delay."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import redis

from orders_adapters.circuit_breaker import RESET_TIMEOUT
from orders_adapters.redis.order_cache import RedisOrderCache
from orders_domain import Order
from orders_domain.errors import Unavailable
from tests.contract.redis.test_redis_cache import an_order
from tests.support.servers.ephemeral import ThrowawayRedis
from tests.support.servers.redis import RedisServer

TIMEOUT = 0.1
SLACK = 0.08  # tolerance for a busy machine


@pytest.fixture
def cache(throwaway_redis: ThrowawayRedis) -> Iterator[RedisOrderCache]:
    cache = RedisOrderCache(throwaway_redis.url, timeout=TIMEOUT)
    yield cache
    cache.close()


@pytest.fixture
def cached(cache: RedisOrderCache) -> Order:
    order = an_order()
    cache.put(order)
    assert cache.get(order.id) == order
    return order


def seconds(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def test_frozen_redis_opens_circuit_after_three(
    cache: RedisOrderCache, cached: Order, throwaway_redis: ThrowawayRedis
) -> None:
    throwaway_redis.freeze()

    costs = [
        seconds(lambda: cache.get(cached.id)),
        seconds(lambda: cache.put(cached)),
        seconds(lambda: cache.invalidate({cached.id: 1})),
    ]
    assert max(costs) < TIMEOUT + SLACK
    assert min(costs) > TIMEOUT / 2
    assert cache.circuit_open
    assert seconds(lambda: cache.get(cached.id)) < 0.02
    assert seconds(lambda: cache.put(cached)) < 0.02
    assert cache.invalidate({cached.id: 1}) is False
    with pytest.raises(Unavailable):
        cache.ping()

    throwaway_redis.thaw()
    cache.ping()
    time.sleep(RESET_TIMEOUT + 0.1)
    assert cache.get(cached.id) == cached
    assert not cache.circuit_open


def open_circuit(cache: RedisOrderCache, cached: Order, server: ThrowawayRedis) -> None:
    """Freeze Redis until the circuit is open; afterwards Redis is well again."""
    server.freeze()
    while not cache.circuit_open:
        cache.get(cached.id)
    server.thaw()


def test_recovered_redis_is_soon_invalidated(
    cache: RedisOrderCache, cached: Order, throwaway_redis: ThrowawayRedis
) -> None:
    """Other processes, which saw no outage, read the old copy as long as the writer does not try."""
    open_circuit(cache, cached, throwaway_redis)

    began = time.monotonic()
    while not cache.invalidate({cached.id: 2}):
        assert time.monotonic() - began < 1.5
        time.sleep(0.02)


def test_frozen_redis_does_not_queue_threads(
    cache: RedisOrderCache, cached: Order, throwaway_redis: ThrowawayRedis
) -> None:
    throwaway_redis.freeze()

    with ThreadPoolExecutor(16) as threads:
        costs = list(threads.map(lambda _: seconds(lambda: cache.get(cached.id)), range(16)))
        assert sorted(costs)[12] < TIMEOUT + SLACK  # in a queue it would be 0.3 s; a busy machine may delay some

        time.sleep(RESET_TIMEOUT + 0.1)
        costs = list(threads.map(lambda _: seconds(lambda: cache.get(cached.id)), range(16)))
    assert sum(cost > TIMEOUT / 2 for cost in costs) == 1  # the call that probes


def test_killed_redis_misses_then_recovers(
    cache: RedisOrderCache, cached: Order, throwaway_redis: ThrowawayRedis
) -> None:
    throwaway_redis.kill()

    assert cache.get(cached.id) is None
    assert cache.invalidate({cached.id: 1}) is False
    with pytest.raises(Unavailable):
        cache.ping()

    throwaway_redis.start()
    assert cache.get(cached.id) == cached


def test_read_during_empty_restart_is_not_cached(cache: RedisOrderCache, throwaway_redis: ThrowawayRedis) -> None:
    old = an_order(1)
    assert cache.get(old.id) is None  # a read begins ...
    assert cache.invalidate({old.id: 2})  # ... an update is announced ...
    with redis.Redis.from_url(throwaway_redis.url) as server:
        server.flushall()
    throwaway_redis.kill()
    throwaway_redis.start()  # ... and lost

    cache.put(old)
    assert cache.get(old.id) is None
    time.sleep(2.1)

    assert cache.get(old.id) is None
    cache.put(old)
    assert cache.get(old.id) == old  # a read that began after the restart


def test_write_refusal_is_no_invalidation(
    cache: RedisOrderCache, cached: Order, throwaway_redis: ThrowawayRedis
) -> None:
    with redis.Redis.from_url(throwaway_redis.url) as server:
        server.config_set("min-replicas-to-write", "1")

    for _ in range(5):
        cache.put(an_order(2, order_id=cached.id))
        assert cache.invalidate({cached.id: 2}) is False

    assert cache.get(cached.id) == cached
    assert not cache.circuit_open  # the server responds


def test_full_redis_invalidates_and_stores_no_copy(
    cache: RedisOrderCache, cached: Order, throwaway_redis: ThrowawayRedis
) -> None:
    with redis.Redis.from_url(throwaway_redis.url) as server:
        server.config_set("maxmemory", "1")

    for _ in range(5):
        cache.put(an_order(2, order_id=cached.id))
        assert cache.invalidate({cached.id: 2}) is True

    assert cache.get(cached.id) is None
    assert not cache.circuit_open


def test_full_redis_invalidates_every_copy_of_a_batch(
    cache: RedisOrderCache, cached: Order, throwaway_redis: ThrowawayRedis
) -> None:
    others = [an_order(1) for _ in range(3)]
    cache.put(others[2])
    with redis.Redis.from_url(throwaway_redis.url) as server:
        server.config_set("maxmemory", "1")

    assert cache.invalidate({order.id: 2 for order in (*others, cached)}) is True  # the first two have no copy

    assert [cache.get(order.id) for order in (others[2], cached)] == [None, None]


def test_replica_does_not_invalidate(cache: RedisOrderCache, cached: Order, throwaway_redis: ThrowawayRedis) -> None:
    with redis.Redis.from_url(throwaway_redis.url) as server:
        server.config_set("replica-serve-stale-data", "yes")
        server.replicaof("127.0.0.1", "1")

        assert cache.invalidate({cached.id: 2}) is False


def test_wrong_password_is_a_miss(throwaway_redis: ThrowawayRedis) -> None:
    with redis.Redis.from_url(throwaway_redis.url) as server:
        server.config_set("requirepass", "right")
    right, wrong = (
        RedisOrderCache(throwaway_redis.url.replace("://", f"://:{password}@")) for password in ("right", "wrong")
    )
    order = an_order()

    right.put(order)

    assert right.get(order.id) == order
    assert wrong.get(order.id) is None
    assert wrong.invalidate({order.id: 2}) is False
    right.close()
    wrong.close()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_child_reconnects(redis_server: RedisServer) -> None:
    cache, order = RedisOrderCache(redis_server.url, prefix=redis_server.prefix, timeout=1), an_order()
    cache.put(order)

    child = os.fork()
    if child == 0:
        os._exit(0 if all(cache.get(order.id) == order for _ in range(200)) else 1)
    mixed_up = [cache.get(uuid4()) for _ in range(200)] != [None] * 200

    assert os.waitpid(child, 0)[1] == 0
    assert not mixed_up
    cache.close()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_child_has_its_own_circuit(
    cache: RedisOrderCache, cached: Order, throwaway_redis: ThrowawayRedis
) -> None:
    open_circuit(cache, cached, throwaway_redis)

    child = os.fork()
    if child == 0:
        os._exit(0 if cache.get(cached.id) == cached else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert cache.get(cached.id) is None  # the circuit of this process is still open
