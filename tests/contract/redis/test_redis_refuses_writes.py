"""A Redis that answers reads and refuses writes: no old order and no revoked token is read for longer than a lease."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
import redis

from orders_adapters.composite.cached_revoked_tokens import CachedRevokedTokens, directly
from orders_adapters.memory.revoked_tokens import InMemoryRevokedTokens
from orders_adapters.memory.store import InMemoryStore
from orders_adapters.redis import repeater, write_lease
from orders_adapters.redis.order_cache import RedisOrderCache
from orders_adapters.redis.revoked_token_cache import RedisRevokedTokenCache
from orders_adapters.testing.accounts.revoked_tokens import numbers
from tests.contract.redis.test_redis_cache import an_order
from tests.contract.redis.test_redis_revoked_tokens import REVOKED
from tests.support.report import for_want_of
from tests.support.servers.discovery import Unavailable
from tests.support.servers.ephemeral import ThrowawayRedis
from tests.support.servers.ephemeral.server import free_port

LEASE = 0.2  # seconds here, because the tests wait for its end
TIMEOUT = 0.1


class ConfigurableRedis(ThrowawayRedis):
    def command(self) -> Sequence[str]:
        return [*super().command(), "--enable-protected-configs", "yes"]


@pytest.fixture(scope="module")
def server() -> Iterator[ThrowawayRedis]:
    try:
        with ConfigurableRedis() as server:
            yield server
    except Unavailable as why:
        for_want_of("a Redis to break", why=str(why))


@pytest.fixture
def client(server: ThrowawayRedis) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(server.url) as client:
        client.flushall()
        yield client


def fail_snapshots(client: redis.Redis, server: ThrowawayRedis) -> None:
    lost = server.directory / "lost"
    lost.mkdir()
    client.config_set("dir", str(lost))
    client.config_set("save", "3600 1000000")
    shutil.rmtree(lost)
    client.bgsave()
    deadline = time.monotonic() + 5
    while client.info("persistence")["rdb_last_bgsave_status"] != "err" and time.monotonic() < deadline:
        time.sleep(0.01)


def repair_snapshots(client: redis.Redis, server: ThrowawayRedis) -> None:
    client.config_set("dir", str(server.directory))
    client.config_set("save", "")


Change = Callable[[redis.Redis, ThrowawayRedis], object]
REFUSALS: dict[str, tuple[Change, Change]] = {
    "memory full": (lambda c, _: c.config_set("maxmemory", "1"), lambda c, _: c.config_set("maxmemory", "0")),
    "replica after a failover": (
        lambda c, _: c.replicaof("127.0.0.1", str(free_port())),
        lambda c, _: c.replicaof("NO", "ONE"),
    ),
    "too few replicas": (
        lambda c, _: c.config_set("min-replicas-to-write", "1"),
        lambda c, _: c.config_set("min-replicas-to-write", "0"),
    ),
    "failed snapshot": (fail_snapshots, repair_snapshots),
    "no permission": (
        lambda c, _: c.acl_setuser("default", enabled=True, nopass=True, categories=["-@write"]),
        lambda c, _: c.acl_setuser("default", enabled=True, nopass=True, categories=["+@write"]),
    ),
    "writes paused": (
        lambda c, _: c.client_pause(60_000, all=False),
        lambda c, _: c.client_unpause(),
    ),
}


@pytest.fixture(params=REFUSALS)
def refusal(
    request: pytest.FixtureRequest, client: redis.Redis, server: ThrowawayRedis, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Callable[[], object], Callable[[], object]]]:
    """Functions that make the server refuse writes, and accept them again."""
    monkeypatch.setattr(write_lease, "SECONDS", LEASE)
    monkeypatch.setattr(repeater, "INTERVAL", 0.05)
    refuse, accept = REFUSALS[request.param]
    yield lambda: refuse(client, server), lambda: accept(client, server)
    accept(client, server)


def within(seconds: float, check: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_refused_write_ends_trust_in_copies(
    refusal: tuple[Callable[[], object], Callable[[], object]], server: ThrowawayRedis
) -> None:
    """One Redis, three processes of orders and three of tokens: one that writes, one that reads, one that is idle."""
    refuse, accept = refusal
    writer, reader, idle = (RedisOrderCache(server.url, timeout=TIMEOUT) for _ in range(3))
    stored = InMemoryRevokedTokens(InMemoryStore())
    caches = [RedisRevokedTokenCache(server.url, timeout=TIMEOUT) for _ in range(3)]
    signer, visited, quiet = (CachedRevokedTokens(stored, cache, start=directly) for cache in caches)
    order = an_order()
    writer.put(order)
    assert reader.get(order.id) == idle.get(order.id) == order
    assert not any(tokens.is_revoked(numbers("mark")) for tokens in (signer, visited, quiet))
    assert caches[1].lookup(numbers("mark")) is False

    refuse()
    writer.invalidate({order.id: order.version + 1})
    signer.revoke({"mark": REVOKED})

    assert within(LEASE + 2 * TIMEOUT, lambda: reader.get(order.id) is None)
    assert within(2 * TIMEOUT, lambda: visited.is_revoked(numbers("mark")))
    assert reader.get(order.id) is None
    assert visited.is_revoked(numbers("mark"))

    accept()
    # The relay repeats the invalidation, and the process of the revocation discards the copy, without a request.
    assert within(2, lambda: writer.invalidate({order.id: order.version + 1}))
    assert within(2, lambda: quiet.is_revoked(numbers("mark")))
    assert [cache.get(order.id) for cache in (writer, reader, idle)] == [None, None, None]

    # And it comes back by itself.
    changed = an_order(order.version + 1, order_id=order.id)

    def copied() -> bool:  # repeated, because a Redis that has just started takes no copy that was read before
        idle.put(changed)
        return idle.get(order.id) == changed

    assert within(3, copied)
    assert within(2, lambda: caches[2].lookup(numbers("innocent")) is False or quiet.is_revoked(numbers("innocent")))
    for close in [cache.close for cache in (writer, reader, idle)] + [cache.close for cache in caches]:
        close()


def test_lease_is_a_second() -> None:
    assert write_lease.SECONDS == 1.0
    assert repeater.INTERVAL <= 0.5
