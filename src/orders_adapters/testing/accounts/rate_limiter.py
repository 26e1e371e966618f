"""Contract of RateLimiter: a limit by key, across processes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from orders_adapters.testing.threads import at_once
from orders_domain.errors import TooManyAttempts
from orders_domain.ports.accounts.rate_limiter import RateLimit, RateLimiter


@dataclass(frozen=True, kw_only=True)
class RateLimiterHarness:
    """A rate limiter, and a function that advances its time by a number of seconds."""

    limiter: RateLimiter
    pass_time: Callable[[float], object]


def tried(attempts: RateLimiter, key: str = "ann", *, limit: int = 3) -> int:
    """The number of attempts until the limiter rejects one."""
    for number in range(100):
        try:
            attempts.hit(key, limit=RateLimit(limit, 60))
        except TooManyAttempts:
            return number
    raise AssertionError("The limiter rejects no attempt.")


class RateLimiterTests:
    """Promises of ``RateLimiter``.

    A subclass has the fixture ``harness``: a limiter without attempts (``RateLimiterHarness``).
    """

    def test_attempts_above_limit_are_rejected(self, harness: RateLimiterHarness) -> None:
        attempts = harness.limiter

        assert [tried(attempts), tried(attempts), tried(attempts)] == [3, 0, 0]

    def test_rejection_states_the_retry_delay(self, harness: RateLimiterHarness) -> None:
        attempts = harness.limiter
        tried(attempts)
        harness.pass_time(40)

        with pytest.raises(TooManyAttempts) as refusal:
            attempts.hit("ann", limit=RateLimit(3, 60))

        assert 10 <= refusal.value.retry_after <= 20

    def test_keys_are_limited_separately(self, harness: RateLimiterHarness) -> None:
        attempts = harness.limiter
        tried(attempts)

        assert tried(attempts, "bob") == 3

    def test_limit_resets_after_a_minute(self, harness: RateLimiterHarness) -> None:
        attempts = harness.limiter
        tried(attempts)

        harness.pass_time(50)
        assert tried(attempts) == 0
        harness.pass_time(11)

        assert tried(attempts) == 3

    def test_reset_clears_the_count(self, harness: RateLimiterHarness) -> None:
        attempts = harness.limiter
        tried(attempts)
        attempts.reset("ann")
        attempts.reset("nobody")

        assert tried(attempts) == 3

    def test_concurrent_attempts_respect_the_limit(self, harness: RateLimiterHarness) -> None:
        attempts = harness.limiter

        results = at_once(*[partial(attempts.hit, "ann", limit=RateLimit(5, 60))] * 20)

        assert sum(result is None for result in results) == 5

    def test_window_has_the_length_of_the_limit(self, harness: RateLimiterHarness) -> None:
        limit = RateLimit(1, 3_600)
        harness.limiter.hit("ann", limit=limit)

        harness.pass_time(3_550)
        with pytest.raises(TooManyAttempts) as refusal:
            harness.limiter.hit("ann", limit=limit)
        assert 1 <= refusal.value.retry_after <= 50
        harness.pass_time(51)

        harness.limiter.hit("ann", limit=limit)

    def test_key_is_remembered_for_its_time(self, harness: RateLimiterHarness) -> None:
        attempts = harness.limiter
        attempts.remember("ann", seconds=100)

        harness.pass_time(60)
        assert [attempts.remembers(key) for key in ("ann", "bob")] == [True, False]
        attempts.remember("ann", seconds=100)
        harness.pass_time(60)
        assert attempts.remembers("ann")
        harness.pass_time(41)

        assert not attempts.remembers("ann")
