"""The copy of the denylist in a Redis that forgets, restarts, freezes or is cut off: it says so, and is never wrong."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import redis

from orders_adapters.composite.cached_revoked_tokens import QuickDenylist
from orders_adapters.memory.revoked_tokens import Denylist
from orders_adapters.memory.store import Store
from orders_adapters.redis import revoked_token_cache as redis_denylist
from orders_adapters.redis.circuit_breaker import REST
from orders_adapters.redis.revoked_token_cache import Copy
from tests.support.servers.ephemeral import ThrowawayRedis
from tests.support.servers.proxy import Proxy

LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def truth() -> Denylist:
    return Denylist(Store())


@pytest.fixture
def copies(throwaway_redis: ThrowawayRedis) -> Iterator[Callable[..., Copy]]:
    made: list[Copy] = []

    def copy(url: str = "", **options: float) -> Copy:
        made.append(Copy(url or throwaway_redis.url, **({"timeout": 1.0} | options)))  # type: ignore[arg-type]
        return made[-1]

    yield copy
    for one in made:
        one.close()


@pytest.fixture
def client(throwaway_redis: ThrowawayRedis) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(throwaway_redis.url) as client:
        yield client


def test_a_copy_that_was_never_made_knows_nothing(copies: Callable[..., Copy]) -> None:
    copy = copies()
    copy.add({"mark": LATER})

    assert copy.recall(["mark"]) is True
    assert copy.recall(["innocent"]) is None


@pytest.mark.parametrize("loss", ["FLUSHALL", "DEL", "a restart"])
def test_a_redis_that_lost_its_data_does_not_bring_a_token_back_to_life(
    copies: Callable[..., Copy], client: redis.Redis, truth: Denylist, throwaway_redis: ThrowawayRedis, loss: str
) -> None:
    denylist, other = (QuickDenylist(truth, copies()) for _ in range(2))
    denylist.denied(["mark"])
    denylist.deny({"mark": LATER})
    assert other.denied(["mark"])

    if loss == "a restart":
        client.flushall()
        throwaway_redis.kill()
        throwaway_redis.start()
    else:
        losses: dict[str, Callable[[], object]] = {
            "FLUSHALL": client.flushall,
            "DEL": lambda: client.delete("orders:denied"),  # as an eviction would
        }
        losses[loss]()

    assert denylist.denied(["mark"])
    assert other.denied(["mark"])
    assert not other.denied(["innocent"])


def test_a_redis_that_restarts_with_data_of_before_is_not_believed(
    copies: Callable[..., Copy], client: redis.Redis, truth: Denylist, throwaway_redis: ThrowawayRedis
) -> None:
    copy = copies()
    copy.learn(truth)
    assert copy.recall(["mark"]) is False
    time.sleep(0.2)  # the file is written

    throwaway_redis.kill()
    truth.deny({"mark": LATER})  # while it is away, or after its snapshot
    throwaway_redis.start()

    assert client.zcard("orders:denied") == 1, "the old copy is there again"
    assert copy.recall(["mark"]) is None
    assert QuickDenylist(truth, copies()).denied(["mark"])


@pytest.mark.parametrize("trouble", [Proxy.cut, Proxy.hang])
def test_what_was_denied_while_redis_was_cut_off_is_dead_when_it_is_back_with_its_data(
    copies: Callable[..., Copy], truth: Denylist, throwaway_redis: ThrowawayRedis, trouble: Callable[[Proxy], None]
) -> None:
    with Proxy.before(throwaway_redis.url) as network:
        denylist = QuickDenylist(truth, copies(network.through(throwaway_redis.url), timeout=0.1))
        elsewhere = copies()
        elsewhere.learn(truth)
        assert not denylist.denied(["mark"])
        trouble(network)
        denylist.deny({"mark": LATER})
        assert denylist.denied(["mark"])
        network.restore()

        assert denylist.denied(["mark"])
        time.sleep(REST + 0.1)  # the circuit tries again
        assert denylist.denied(["mark"])
        assert not denylist.denied(["innocent"])

        assert elsewhere.recall(["mark"]) is True
        assert elsewhere.recall(["innocent"]) is False


def test_a_frozen_redis_costs_three_time_outs_then_nothing(
    copies: Callable[..., Copy], truth: Denylist, throwaway_redis: ThrowawayRedis
) -> None:
    denylist = QuickDenylist(truth, copies(timeout=0.1))
    denylist.denied(["mark"])
    throwaway_redis.freeze()

    began = time.monotonic()
    for _ in range(100):
        assert not denylist.denied(["mark"])

    assert time.monotonic() - began < 1.5


def test_a_copy_is_made_anew_when_its_time_is_over(
    copies: Callable[..., Copy], client: redis.Redis, truth: Denylist
) -> None:
    copy = copies(life=60)
    copy.learn(truth)
    truth.deny({"mark": LATER})  # by somebody who cannot reach this Redis
    assert copy.recall(["mark"]) is False
    assert 0 < client.pttl("orders:denied") <= 60_000

    client.pexpire("orders:denied", 1)
    time.sleep(0.1)

    assert copy.recall(["mark"]) is None


def test_a_copy_begun_before_redis_lost_everything_is_not_complete_after_it(
    copies: Callable[..., Copy], client: redis.Redis, truth: Denylist
) -> None:
    copy, other = copies(), copies()

    class Slow(Denylist):
        def all(self, *, most: int):  # type: ignore[no-untyped-def]
            found = super().all(most=most)
            self.deny({"mark": LATER})  # somebody denies a token meanwhile ...
            other.add({"mark": LATER})
            client.flushall()  # ... and Redis forgets it
            return found

    copy.learn(Slow(Store()))

    assert copy.recall(["mark"]) is None


def test_a_denylist_too_long_to_copy_is_not_copied_and_not_asked_for_again_soon(
    copies: Callable[..., Copy], truth: Denylist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_denylist, "MOST_COPIED", 2)
    truth.deny({f"mark {number}": LATER for number in range(3)})
    copy = copies()

    copy.learn(truth)
    assert copy.recall(["mark 1"]) is None
    monkeypatch.setattr(redis_denylist, "MOST_COPIED", 3)
    copy.learn(truth)

    assert copy.recall(["mark 1"]) is None


def test_a_hiccup_of_redis_leaves_nobody_with_a_copy_that_lacks_a_token(
    copies: Callable[..., Copy], truth: Denylist, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, other = copies(), copies()
    copy.learn(truth)
    heard, hiccups = copy._redis.heard, [True]
    monkeypatch.setattr(copy._redis, "heard", lambda ask: None if hiccups and hiccups.pop() else heard(ask))

    copy.add({"mark": LATER})

    assert other.recall(["mark"]) is True


def test_full_redis_that_refuses_a_token_makes_no_process_believe_it(
    copies: Callable[..., Copy], client: redis.Redis, truth: Denylist
) -> None:
    denylist, other = (QuickDenylist(truth, copies()) for _ in range(2))
    assert not other.denied(["mark"])  # the copy is complete now
    client.config_set("maxmemory", "1")

    denylist.deny({"mark": LATER})
    denied = other.denied(["mark"])

    client.config_set("maxmemory", "0")
    assert denied


def test_token_that_a_dead_process_could_not_add_is_added_by_the_next(
    copies: Callable[..., Copy], truth: Denylist
) -> None:
    other, survivor = QuickDenylist(truth, copies()), copies()
    survivor.learn(truth)
    truth.deny({"mark": LATER})  # by a process that died before it could reach Redis
    assert survivor.recall(["mark"]) is False

    denied = other.denied(["mark"])

    assert denied
    assert survivor.recall(["mark"]) is True
