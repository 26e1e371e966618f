"""Contract of OrderCache: a cache may be empty, never stale, and never blocks or fails the caller."""

import json
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import pytest

from orders_adapters.testing.examples import ADA, NOON, new_id, only, placed
from orders_adapters.testing.orders import AS_SENT
from orders_adapters.testing.threads import at_once
from orders_domain import CustomItem, Order, OrderStatus
from orders_domain.ports.order_cache import COPIES, MAX_COPY_BYTES, OrderCache


@dataclass(frozen=True, kw_only=True)
class CacheHarness:
    """A cache, and a function that advances its time by a number of seconds."""

    cache: OrderCache
    pass_time: Callable[[float], object]


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


class OrderCacheTests:
    """Promises of ``OrderCache``.

    A subclass has the fixture ``harness``: an empty cache (``CacheHarness``).
    """

    @pytest.fixture
    def cache(self, harness: CacheHarness) -> OrderCache:
        return harness.cache

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

    def test_large_order_is_not_cached_and_never_stale(self, cache: OrderCache) -> None:
        first, second, third = versions(3)
        large = {"note": "x" * MAX_COPY_BYTES}
        cache.put(first)

        second.items = (CustomItem(large),)
        cache.put(second)

        assert cache.get(first.id) is None
        cache.put(first)
        assert cache.get(first.id) is None
        cache.put(third)
        assert cache.get(first.id) == third

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

    def test_copies_are_those_in_the_cache(self, cache: OrderCache) -> None:
        first, second = saved(placed()), saved(placed())
        cache.put(first)
        cache.put(second)
        cache.invalidate({second.id: 2})

        copies = {order.id: order for batch in cache.copies() for order in batch}

        assert (copies.get(first.id), copies.get(second.id)) == (first, None)

    def test_many_copies_are_in_small_batches(self, cache: OrderCache) -> None:
        orders = [saved(placed()) for _ in range(2 * COPIES + 1)]
        for order in orders:
            cache.put(order)

        batches = list(cache.copies())

        assert {order.id for batch in batches for order in batch} == {order.id for order in orders}
        assert max(map(len, batches)) <= COPIES

    def test_empty_invalidation_succeeds(self, cache: OrderCache) -> None:
        assert cache.invalidate({}) is True

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
