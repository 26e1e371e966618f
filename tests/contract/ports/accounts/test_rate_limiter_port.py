"""Contract of RateLimiter, on every adapter."""

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
import redis

from orders_adapters.memory import rate_limiter
from orders_adapters.memory.rate_limiter import InMemoryRateLimiter as InMemory
from orders_adapters.redis.rate_limiter import RedisRateLimiter as InRedis
from orders_adapters.testing.accounts.rate_limiter import RateLimiterHarness, RateLimiterTests
from orders_adapters.testing.examples import Clock
from orders_domain.ports.accounts.rate_limiter import RateLimit
from tests.support.servers.proxy import Proxy
from tests.support.servers.redis import RedisServer


@pytest.fixture(params=["memory", "Redis", "Redis that is away"])
def harness(request: pytest.FixtureRequest, redis_server: RedisServer) -> Iterator[RateLimiterHarness]:
    """A rate limiter, and a function that advances its time by a number of seconds."""
    clock = Clock()
    limiter = InMemory(clock=clock)
    if request.param == "memory":
        yield RateLimiterHarness(limiter=limiter, pass_time=clock.advance)
        return
    prefix = f"{redis_server.prefix}{uuid4().hex}:"
    with Proxy.before(redis_server.url) as network:
        if request.param == "Redis that is away":
            network.cut()
        attempts = InRedis(network.through(redis_server.url), prefix=prefix, fallback=limiter, timeout=2.0)

        def pass_time(seconds: float) -> None:
            clock.advance(seconds)
            with redis.Redis.from_url(redis_server.url) as client:
                for key in client.scan_iter(f"{prefix}*", count=1_000):
                    left = client.pttl(key)
                    assert isinstance(left, int)
                    assert 0 < left <= 3_600_000
                    client.pexpire(key, max(1, left - int(seconds * 1_000)))
            time.sleep(0.01)

        yield RateLimiterHarness(limiter=attempts, pass_time=pass_time)
        attempts.close()


class TestRateLimiter(RateLimiterTests):
    pass


def test_attempts_displace_no_remembered_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limiter, "MAX_KEYS", 10)
    limiter = InMemory(clock=Clock())
    limiter.remember("ann", seconds=100)

    for number in range(100):
        limiter.hit(str(number), limit=RateLimit(1, 60))

    assert limiter.remembers("ann")
    limiter.hit("0", limit=RateLimit(1, 60))
    for number in range(10):
        limiter.remember(str(number), seconds=100)
    assert not limiter.remembers("ann")


def test_lost_redis_forgets_no_known_key(redis_server: RedisServer) -> None:
    with Proxy.before(redis_server.url) as network:
        prefix = f"{redis_server.prefix}{uuid4().hex}:"
        limiter = InRedis(network.through(redis_server.url), prefix=prefix, fallback=InMemory(clock=Clock()))
        limiter.remember("ann", seconds=100)
        network.cut()

        assert limiter.remembers("ann")
        limiter.close()
