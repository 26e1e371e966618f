"""A master that one Sentinel names, and groups that are away: the quick form of the tests of groups."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from orders_adapters.redis.order_cache import RedisOrderCache
from orders_adapters.redis.prefetch import Prefetch
from orders_adapters.redis.revoked_token_cache import RedisRevokedTokenCache
from orders_adapters.redis.write_lease import WriteLease
from orders_adapters.testing.accounts.revoked_tokens import REVOKED, numbers
from orders_domain.errors import Unavailable
from tests.contract.redis.test_redis_cache import an_order
from tests.support.report import for_want_of
from tests.support.servers import discovery
from tests.support.servers.ephemeral.redis_groups import SentinelGroup
from tests.support.servers.redis import round_trips


@pytest.fixture(scope="module")
def group() -> Iterator[SentinelGroup]:
    with ExitStack() as stack:
        try:
            running = stack.enter_context(SentinelGroup(replicas=0, sentinels=1))
        except discovery.Unavailable as why:
            for_want_of("a Redis to break", why=str(why))
        yield running


def test_cached_read_is_one_round_trip_with_sentinel(group: SentinelGroup) -> None:
    prefetch, lease = Prefetch(), WriteLease("")
    cache = RedisOrderCache(group.url, prefetch=prefetch, lease=lease)
    tokens = RedisRevokedTokenCache(group.url, prefetch=prefetch, lease=lease)
    order = an_order()
    cache.put(order)
    tokens.add({"mark": REVOKED})
    assert cache.get(order.id) == order
    assert tokens.lookup(numbers("mark")) is True  # loads the script

    with round_trips() as sent:
        cache.prefetch(order.id)
        assert tokens.lookup(numbers("mark")) is True
        assert cache.get(order.id) == order

    assert len(sent) == 1
    cache.close()
    tokens.close()


@pytest.mark.parametrize("url", ["redis+sentinel://127.0.0.1:1/orders", "redis+cluster://127.0.0.1:1,127.0.0.1:2"])
def test_absent_group_is_a_miss(url: str) -> None:
    cache, tokens = RedisOrderCache(url), RedisRevokedTokenCache(url)
    order = an_order()

    cache.put(order)

    assert cache.get(order.id) is None
    assert cache.invalidate({order.id: 1}) is False
    assert list(cache.copies()) == []
    assert cache.circuit_open
    assert tokens.lookup(numbers("mark")) is None
    with pytest.raises(Unavailable):
        cache.ping()
    cache.close()
    tokens.close()


def test_copy_of_another_run_of_redis_is_not_read(group: SentinelGroup) -> None:
    cache = RedisOrderCache(group.url)
    order = an_order()
    cache.put(order)
    (master,) = group.members
    with master.client() as client:
        key = next(key for key in client.scan_iter("*:order") if str(order.id) in key)
        copy = client.get(key)
        assert copy.startswith(tuple("0123456789"))
        client.set(key, copy.replace(client.info("server")["run_id"], "f" * 40))

    assert cache.get(order.id) is None
    cache.close()
