"""A killed master whose replica misses the last writes: no old order and no revoked token, and a recovery by itself."""

import time
from uuid import uuid4

import pytest

from orders_adapters.composite.cached_revoked_tokens import CachedRevokedTokens, directly
from orders_adapters.memory.revoked_tokens import InMemoryRevokedTokens
from orders_adapters.memory.store import InMemoryStore
from orders_adapters.redis.order_cache import RedisOrderCache
from orders_adapters.redis.revoked_token_cache import RedisRevokedTokenCache
from orders_adapters.testing.accounts.revoked_tokens import REVOKED, numbers
from tests.contract.redis.test_redis_cache import an_order
from tests.support.servers.ephemeral.redis_groups import Group

pytestmark = pytest.mark.deep
RECOVERY = 15.0  # seconds, of which one passes until the master counts as down


def test_promoted_replica_serves_no_lost_invalidation(redis_group: Group) -> None:
    prefix = f"{{{uuid4().hex}}}:"  # one slot, so that one master has both keys
    writer, reader, late = (RedisOrderCache(redis_group.url, prefix=prefix) for _ in range(3))
    stored = InMemoryRevokedTokens(InMemoryStore())
    caches = [RedisRevokedTokenCache(redis_group.url, prefix=prefix) for _ in range(2)]
    signer, visited = (CachedRevokedTokens(stored, cache, start=directly) for cache in caches)
    order, missed = an_order(), an_order()
    writer.put(order)
    assert late.get(missed.id) is None
    assert reader.get(order.id) == order
    assert not any(tokens.is_revoked(numbers("mark")) for tokens in (signer, visited))
    assert caches[1].lookup(numbers("mark")) is False
    master = redis_group.home(f"{prefix}*:order")
    replica = redis_group.replica_of(master)
    with master.client() as client:
        assert client.wait(1, 5_000) == 1
    master.sever(replica)

    assert writer.invalidate({order.id: order.version + 1, missed.id: missed.version + 1})
    signer.revoke({"mark": REVOKED})
    master.kill()
    killed_at = time.monotonic()
    while replica.role() != "master":
        assert time.monotonic() < killed_at + RECOVERY
        assert reader.get(order.id) is None
        assert visited.is_revoked(numbers("mark"))
        time.sleep(0.02)
    promoted_after = time.monotonic() - killed_at
    with replica.client() as client:
        assert any(client.scan_iter(f"{prefix}*:order")), "the replica has lost the old copy, so nothing is shown"

    other = an_order()
    while reader.get(other.id) != other:  # the cache does not serve yet
        assert time.monotonic() < killed_at + RECOVERY
        assert reader.get(order.id) is None
        assert visited.is_revoked(numbers("mark"))
        reader.get(other.id)
        reader.put(other)
        time.sleep(0.02)
    print(f"promoted after {promoted_after:.1f} s, the cache serves after {time.monotonic() - killed_at:.1f} s")

    assert reader.get(order.id) is None
    for _ in range(5):  # more than its first connection, which is broken
        late.put(missed)
    assert reader.get(missed.id) is None
    while caches[1].lookup(numbers("innocent")) is None:  # the copy of the revoked tokens is filled and trusted again
        assert time.monotonic() < killed_at + RECOVERY
        assert not visited.is_revoked(numbers("innocent"))
        time.sleep(0.02)
    assert caches[1].lookup(numbers("mark")) is True
    for close in [cache.close for cache in (writer, reader, late)] + [cache.close for cache in caches]:
        close()


def test_silent_master_keeps_no_copy_of_another(redis_group: Group) -> None:
    """A relay invalidates many orders at once, and repeats all of them while one of the masters does not answer."""
    prefix = f"{uuid4().hex}:"
    writer, reader = (RedisOrderCache(redis_group.url, prefix=prefix, timeout=1) for _ in range(2))
    orders = [an_order() for _ in range(40)]
    for order in orders:
        writer.put(order)
    assert [reader.get(order.id) for order in orders] == orders
    master = redis_group.home(f"{prefix}*:order")
    with master.client() as client:
        silent = {key.rpartition("{")[2].partition("}")[0] for key in client.scan_iter(f"{prefix}*:order")}
    master.freeze()
    try:
        assert not writer.invalidate({order.id: order.version + 1 for order in orders})

        assert not any(reader.get(order.id) for order in orders if str(order.id) not in silent)
    finally:
        master.thaw()
    for cache in (writer, reader):
        cache.close()
