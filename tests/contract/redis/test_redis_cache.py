"""Redis order cache beyond its port: round trips, keys, TTLs, and unreadable entries."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis

from orders_adapters.redis.database_identity import DatabaseIdentity
from orders_adapters.redis.order_cache import RedisOrderCache
from orders_domain import CustomItem, Money, Order, OrderStatus, Origin
from orders_domain.errors import StoreUnavailable
from tests.support.servers.proxy import Proxy
from tests.support.servers.redis import RedisServer, round_trips

NOON = datetime(2030, 5, 17, 12, tzinfo=UTC)


def an_order(version: int = 1, *, order_id: UUID | None = None) -> Order:
    return Order(
        id=order_id or uuid4(),
        origin=Origin.ORDERS,
        user_id="ada",
        items=(CustomItem({"sku": "tea", "quantity": 2, "price": 4.5}),),
        total=Money(900, "EUR"),
        status=OrderStatus.PENDING,
        created_at=NOON,
        updated_at=NOON,
        version=version,
    )


@pytest.fixture
def cache(redis_server: RedisServer) -> Iterator[RedisOrderCache]:
    cache = RedisOrderCache(redis_server.url, prefix=redis_server.prefix, timeout=1)
    yield cache
    cache.close()


@pytest.fixture
def server(redis_server: RedisServer) -> Iterator[Any]:
    """A direct client of the same Redis."""
    with redis.Redis.from_url(redis_server.url) as client:
        yield client


def key(server: RedisServer, order: Order, kind: str) -> str:
    return f"{server.prefix}{{{order.id}}}:{kind}"


def test_unknown_database_is_a_miss(redis_server: RedisServer) -> None:
    def read() -> str:
        if reads:
            reads.pop()
            raise StoreUnavailable("The database does not respond.")
        return uuid4().hex

    reads, order, identity = [1, 1, 1], an_order(), DatabaseIdentity(read)
    cache = RedisOrderCache(redis_server.url, prefix=redis_server.prefix, identity=identity.get, timeout=1)

    cache.put(order)
    assert cache.get(order.id) is None
    assert cache.invalidate({order.id: 1}) is False

    cache.put(order)
    assert cache.get(order.id) == order
    identity.refresh()
    assert cache.get(order.id) is None
    cache.close()


def test_hit_is_a_single_get(cache: RedisOrderCache, redis_server: RedisServer, server: Any) -> None:
    order = an_order()
    cache.put(order)

    with server.monitor() as monitor:
        assert cache.get(order.id) == order
        server.echo("the end")
        seen = []
        while "the end" not in (command := monitor.next_command()["command"]):
            seen += [command] if str(order.id) in command else []

    assert seen == [f"GET {key(redis_server, order, 'order')}"]


def test_each_call_is_one_round_trip(cache: RedisOrderCache) -> None:
    order = an_order()
    cache.put(order)
    cache.invalidate({uuid4(): 1})  # so that the scripts are loaded
    cache.close()
    calls: dict[str, Callable[[], object]] = {
        "get, on a new connection": lambda: cache.get(order.id),
        "put": lambda: cache.put(order),
        "get": lambda: cache.get(order.id),
        "invalidate": lambda: cache.invalidate({uuid4(): 2 for _ in range(100)}),
    }

    for name, call in calls.items():
        with round_trips() as sent:
            call()
        assert len(sent) == 1, name


def test_threads_use_redis_concurrently(redis_server: RedisServer) -> None:
    """While no response passes, the request of each thread is sent."""
    order, deadline = an_order(), time.monotonic() + 60
    with Proxy.before(redis_server.url) as network:
        cache = RedisOrderCache(network.through(redis_server.url), prefix=redis_server.prefix, timeout=60)
        cache.put(order)
        network.hang()
        with ThreadPoolExecutor(8) as threads, round_trips() as sent:
            reads = [threads.submit(cache.get, order.id) for _ in range(8)]
            while len(sent) < 8 and time.monotonic() < deadline:
                time.sleep(0.01)
            waiting = sum(not read.done() for read in reads)
            network.restore()
            orders = [read.result(60) for read in reads]
        cache.close()

    assert (len(sent), waiting) == (8, 8)
    assert order in orders


def test_copy_and_fence_have_their_ttl(cache: RedisOrderCache, redis_server: RedisServer, server: Any) -> None:
    order = an_order()

    cache.put(order)
    cache.invalidate({order.id: 1})

    assert 299_000 < server.pttl(key(redis_server, order, "order")) <= 300_000
    assert 899_000 < server.pttl(key(redis_server, order, "fence")) <= 900_000


def test_copy_expires_after_its_ttl(redis_server: RedisServer) -> None:
    cache, order = RedisOrderCache(redis_server.url, prefix=redis_server.prefix, ttl=1, timeout=1), an_order()

    cache.put(order)
    assert cache.get(order.id) == order
    time.sleep(1.1)

    assert cache.get(order.id) is None
    cache.close()


def test_invalidated_copy_is_deleted(cache: RedisOrderCache, redis_server: RedisServer, server: Any) -> None:
    order = an_order()
    cache.put(order)

    assert cache.invalidate({order.id: 2})

    assert not server.exists(key(redis_server, order, "order"))


@pytest.mark.parametrize("torn", [b"", b"2", b"2 1 {", b"2 1 []", b"0 1 {}", b"9 1 {}", b"\xff\x00", b"x" * 1000])
def test_unreadable_entry_is_a_miss_and_replaced(
    cache: RedisOrderCache, redis_server: RedisServer, server: Any, torn: bytes
) -> None:
    order = an_order()
    server.set(key(redis_server, order, "order"), torn)

    assert cache.get(order.id) is None
    cache.put(order)

    assert cache.get(order.id) == order
    assert not cache.circuit_open


def test_entry_of_another_order_is_a_miss(cache: RedisOrderCache, redis_server: RedisServer, server: Any) -> None:
    mine, another = an_order(), an_order()
    cache.put(another)
    server.copy(key(redis_server, another, "order"), key(redis_server, mine, "order"))

    assert cache.get(mine.id) is None


def test_entry_of_another_schema_is_a_miss(cache: RedisOrderCache, redis_server: RedisServer, server: Any) -> None:
    order = an_order()
    cache.put(order)
    entry = server.get(key(redis_server, order, "order"))
    server.set(key(redis_server, order, "order"), b"9" + entry[1:])

    assert cache.get(order.id) is None


def test_newer_schema_entry_is_not_replaced(cache: RedisOrderCache, redis_server: RedisServer, server: Any) -> None:
    order = an_order(version=3)
    server.set(key(redis_server, order, "order"), b"9 4 {}")

    cache.put(order)

    assert server.get(key(redis_server, order, "order")) == b"9 4 {}"


def test_keys_of_wrong_type_are_repaired(cache: RedisOrderCache, redis_server: RedisServer, server: Any) -> None:
    order = an_order()
    for kind in ("order", "fence"):
        server.rpush(key(redis_server, order, kind), "a list")

    assert [cache.get(order.id) for _ in range(5)] == [None] * 5
    assert not cache.circuit_open
    assert cache.invalidate({order.id: 1})
    cache.put(order)

    assert cache.get(order.id) == order


def test_flushed_scripts_are_loaded_again(cache: RedisOrderCache, server: Any) -> None:
    order = an_order()
    server.script_flush()

    cache.put(order)
    assert cache.get(order.id) == order
    server.script_flush()
    assert cache.invalidate({order.id: 2, uuid4(): 1})

    assert cache.get(order.id) is None
