"""Contract of RateLimiter: a limit by key, across processes."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from uuid import uuid4

import pytest
import redis

from orders_adapters.memory import rate_limiter
from orders_adapters.memory.rate_limiter import InMemoryRateLimiter as InMemory
from orders_adapters.redis.rate_limiter import RedisRateLimiter as InRedis
from orders_domain.errors import TooManyAttempts
from orders_domain.ports.rate_limiter import RateLimit, RateLimiter
from tests.support.examples import Clock
from tests.support.servers.proxy import Proxy
from tests.support.servers.redis import RedisServer
from tests.support.threads import at_once

Pass = Callable[[float], object]


@pytest.fixture(params=["memory", "Redis", "Redis that is away"])
def counted(request: pytest.FixtureRequest, redis_server: RedisServer) -> Iterator[tuple[RateLimiter, Pass]]:
    """A rate limiter, and a function that advances its time by a number of seconds."""
    clock = Clock()
    limiter = InMemory(clock=clock)
    if request.param == "memory":
        yield limiter, clock.advance
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

        yield attempts, pass_time
        attempts.close()


def tried(attempts: RateLimiter, key: str = "ann", *, limit: int = 3) -> int:
    """The number of attempts until the limiter rejects one."""
    for number in range(100):
        try:
            attempts.hit(key, limit=RateLimit(limit, 60))
        except TooManyAttempts:
            return number
    raise AssertionError("nobody counts")


def test_attempts_above_limit_are_rejected(counted: tuple[RateLimiter, Pass]) -> None:
    attempts, _ = counted

    assert [tried(attempts), tried(attempts), tried(attempts)] == [3, 0, 0]


def test_rejection_states_the_retry_delay(counted: tuple[RateLimiter, Pass]) -> None:
    attempts, pass_time = counted
    tried(attempts)
    pass_time(40)

    with pytest.raises(TooManyAttempts) as refusal:
        attempts.hit("ann", limit=RateLimit(3, 60))

    assert 10 <= refusal.value.retry_after <= 20


def test_keys_are_limited_separately(counted: tuple[RateLimiter, Pass]) -> None:
    attempts, _ = counted
    tried(attempts)

    assert tried(attempts, "bob") == 3


def test_limit_resets_after_a_minute(counted: tuple[RateLimiter, Pass]) -> None:
    attempts, pass_time = counted
    tried(attempts)

    pass_time(50)
    assert tried(attempts) == 0
    pass_time(11)

    assert tried(attempts) == 3


def test_reset_clears_the_count(counted: tuple[RateLimiter, Pass]) -> None:
    attempts, _ = counted
    tried(attempts)
    attempts.reset("ann")
    attempts.reset("nobody")

    assert tried(attempts) == 3


def test_concurrent_attempts_respect_the_limit(counted: tuple[RateLimiter, Pass]) -> None:
    attempts, _ = counted

    results = at_once(*[partial(attempts.hit, "ann", limit=RateLimit(5, 60))] * 20)

    assert sum(result is None for result in results) == 5


def test_window_has_the_length_of_the_limit(counted: tuple[RateLimiter, Pass]) -> None:
    attempts, pass_time = counted
    limit = RateLimit(1, 3_600)
    attempts.hit("ann", limit=limit)

    pass_time(3_550)
    with pytest.raises(TooManyAttempts) as refusal:
        attempts.hit("ann", limit=limit)
    assert 1 <= refusal.value.retry_after <= 50
    pass_time(51)

    attempts.hit("ann", limit=limit)


def test_key_is_remembered_for_its_time(counted: tuple[RateLimiter, Pass]) -> None:
    attempts, pass_time = counted
    attempts.remember("ann", seconds=100)

    pass_time(60)
    assert [attempts.remembers(key) for key in ("ann", "bob")] == [True, False]
    attempts.remember("ann", seconds=100)
    pass_time(60)
    assert attempts.remembers("ann")
    pass_time(41)

    assert not attempts.remembers("ann")


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
