"""Order caches under test, with a clock that the test advances."""

import redis

from orders_adapters.memory.order_cache import InMemoryOrderCache as InMemory
from orders_adapters.redis.order_cache import RedisOrderCache as InRedis
from orders_adapters.testing.examples import Clock
from orders_adapters.testing.order_cache import CacheHarness


def in_memory() -> CacheHarness:
    clock = Clock()
    return CacheHarness(cache=InMemory(clock=clock), pass_time=clock.advance)


def in_redis(url: str, *, prefix: str) -> CacheHarness:
    """Time advances because the TTL of every key is shortened."""

    def pass_time(seconds: float) -> None:
        with redis.Redis.from_url(url) as client:
            for key in client.scan_iter(f"{prefix}*", count=1_000):
                left = client.pttl(key)
                assert isinstance(left, int)
                if left in (-2, 0):  # it has expired since it was found
                    continue
                assert left > 0, f"{key!r} lives for ever"
                client.pexpire(key, max(1, left - int(seconds * 1_000)))

    return CacheHarness(cache=InRedis(url, prefix=prefix, timeout=1.0), pass_time=pass_time)
