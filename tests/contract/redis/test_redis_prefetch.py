"""Prefetch of an order with the token lookup: one round trip, and never the result of another request."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from orders_adapters.memory.revoked_tokens import InMemoryRevokedTokens
from orders_adapters.memory.store import InMemoryStore
from orders_adapters.redis.order_cache import RedisOrderCache
from orders_adapters.redis.prefetch import Prefetch
from orders_adapters.redis.revoked_token_cache import RedisRevokedTokenCache
from orders_adapters.testing.examples import ADA, NOON, only, placed
from orders_domain import Order, OrderStatus
from tests.support.servers.redis import RedisServer, round_trips


@pytest.fixture
def parts(redis_server: RedisServer) -> Iterator[tuple[RedisOrderCache, RedisRevokedTokenCache]]:
    """A cache, and a complete cache of revoked tokens without entries."""
    prefetch, prefix = Prefetch(), f"{redis_server.prefix}ahead:"
    cache = RedisOrderCache(redis_server.url, prefix=prefix, prefetch=prefetch, timeout=2)
    copy = RedisRevokedTokenCache(redis_server.url, prefix=prefix, prefetch=prefetch, timeout=2)
    copy.refresh(InMemoryRevokedTokens(InMemoryStore()))
    assert copy.lookup({"a mark": 0}) is False
    yield cache, copy
    cache.close()
    copy.close()


def cached_order(cache: RedisOrderCache) -> Order:
    order = placed()
    order.new_entries.clear()
    order.number = 1
    cache.put(order)
    assert cache.get(order.id) == order
    return order


def test_lookup_and_order_are_one_round_trip(parts: tuple[RedisOrderCache, RedisRevokedTokenCache]) -> None:
    cache, copy = parts
    order = cached_order(cache)

    with round_trips() as sent:
        cache.prefetch(order.id)
        revoked, order_read = copy.lookup({"a mark": 0}), cache.get(order.id)

    assert (revoked, order_read) == (False, order)
    assert len(sent) == 1


def test_prefetched_order_is_read_once(parts: tuple[RedisOrderCache, RedisRevokedTokenCache]) -> None:
    cache, copy = parts
    order = cached_order(cache)
    cache.prefetch(order.id)
    copy.lookup({"a mark": 0})
    cache.get(order.id)

    cache.invalidate({order.id: order.version + 1})

    assert cache.get(order.id) is None


def test_unread_prefetch_is_dropped_with_request(
    parts: tuple[RedisOrderCache, RedisRevokedTokenCache],
) -> None:
    cache, copy = parts
    order = cached_order(cache)
    cache.prefetch(order.id)
    copy.lookup({"a mark": 0})
    order.change_status(only(OrderStatus.PAID), by=ADA, at=NOON)
    cache.invalidate({order.id: order.version})

    cache.prefetch(None)

    assert cache.get(order.id) is None


def test_other_order_is_read_separately(
    parts: tuple[RedisOrderCache, RedisRevokedTokenCache],
) -> None:
    cache, copy = parts
    first, second = cached_order(cache), cached_order(cache)
    cache.prefetch(first.id)
    copy.lookup({"a mark": 0})

    assert cache.get(second.id) == second
    assert cache.get(first.id) == first


def test_prefetch_is_private_to_its_thread(parts: tuple[RedisOrderCache, RedisRevokedTokenCache]) -> None:
    cache, copy = parts
    order = cached_order(cache)
    cache.prefetch(order.id)
    copy.lookup({"a mark": 0})

    with ThreadPoolExecutor(1) as thread, round_trips() as sent:
        assert thread.submit(cache.get, order.id).result(10) == order

    assert len(sent) == 1


def test_order_is_cached_after_prefetched_miss(parts: tuple[RedisOrderCache, RedisRevokedTokenCache]) -> None:
    cache, copy = parts
    order = placed()
    order.new_entries.clear()
    order.number = 1
    cache.prefetch(order.id)
    copy.lookup({"a mark": 0})
    assert cache.get(order.id) is None

    cache.put(order)

    assert cache.get(order.id) == order
