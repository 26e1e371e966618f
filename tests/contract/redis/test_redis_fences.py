"""Fences of the cache: reads, updates and refills in every interleaving leave no stale copy."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from orders_adapters.redis.order_cache import RedisOrderCache
from tests.contract.redis.test_redis_cache import an_order
from tests.support.depth import effort
from tests.support.servers.redis import RedisServer


@pytest.fixture
def cache(redis_server: RedisServer) -> Iterator[RedisOrderCache]:
    cache = RedisOrderCache(redis_server.url, prefix=redis_server.prefix, timeout=2)
    yield cache
    cache.close()


def schedules(*actors: str) -> Iterator[str]:
    """Every interleaving of the actors' steps, with each actor's two steps in order."""

    def more(left: dict[str, int], done: str) -> Iterator[str]:
        if not any(left.values()):
            yield done
        for actor, steps in left.items():
            if steps:
                yield from more(left | {actor: steps - 1}, done + actor)

    return more(dict.fromkeys(actors, 2), "")


class Run:
    """Two readers (read the store, then put) and two writers (store a version, then announce it), step by step."""

    def __init__(self, cache: RedisOrderCache) -> None:
        self.cache, self.order_id = cache, uuid4()
        self.stored, self.announced = 1, 0
        self.read: dict[str, int] = {}
        self.written: dict[str, int] = {}

    def step(self, actor: str) -> None:
        second = actor in self.read or actor in self.written
        if actor in "ab" and second:
            self.cache.put(an_order(self.read[actor], order_id=self.order_id))
        elif actor in "ab":
            self.cache.get(self.order_id)
            self.read[actor] = self.stored
        elif second:
            assert self.cache.invalidate({self.order_id: self.written[actor]})
            self.announced = max(self.announced, self.written[actor])
        else:
            self.stored += 1
            self.written[actor] = self.stored

    def stale(self) -> bool:
        copy = self.cache.get(self.order_id)
        return copy is not None and copy.version < self.announced


def test_no_interleaving_leaves_a_stale_copy(cache: RedisOrderCache) -> None:
    every = list(schedules("a", "b", "X", "Y"))
    assert len(every) == 2520
    seed = random.randrange(2**32)
    print(f"seed {seed}")

    for schedule in random.Random(seed).sample(every, effort(150, 2520)):
        run = Run(cache)
        for actor in schedule:
            run.step(actor)
            assert not run.stale(), schedule


def test_concurrent_readers_see_no_stale_order(cache: RedisOrderCache) -> None:
    rounds, readers = 1_000, 4
    store: dict[UUID, int] = {}
    announced: dict[UUID, int] = {}
    order_ids = [uuid4() for _ in range(5)]
    for order_id in order_ids:
        store[order_id], announced[order_id] = 1, 0
    over = threading.Event()

    def read(seed: int) -> tuple[int, int]:
        chance, hits, stale = random.Random(seed), 0, 0
        while not over.is_set():
            order_id = chance.choice(order_ids)
            known = announced[order_id]
            copy = cache.get(order_id)
            if copy is None:
                cache.put(an_order(store[order_id], order_id=order_id))
            else:
                hits, stale = hits + 1, stale + (copy.version < known)
        return hits, stale

    with ThreadPoolExecutor(readers) as threads:
        results = [threads.submit(read, seed) for seed in range(readers)]
        for round_number in range(rounds):
            order_id = order_ids[round_number % len(order_ids)]
            store[order_id] += 1
            assert cache.invalidate({order_id: store[order_id]})
            announced[order_id] = store[order_id]
        over.set()
        hits, stale = (sum(column) for column in zip(*(result.result() for result in results), strict=True))

    assert hits > rounds // 10, "there were copies to be wrong"
    assert stale == 0


def test_fence_is_never_lowered(cache: RedisOrderCache) -> None:
    order_id = uuid4()
    cache.invalidate({order_id: 5})
    cache.invalidate({order_id: 3})

    cache.put(an_order(4, order_id=order_id))
    assert cache.get(order_id) is None
    cache.put(an_order(5, order_id=order_id))
    assert cache.get(order_id) is not None


def test_copy_at_the_fence_version_stays(cache: RedisOrderCache) -> None:
    order = an_order(5)
    cache.put(order)

    cache.invalidate({order.id: 5})

    assert cache.get(order.id) == order


def test_older_copy_does_not_replace_newer(cache: RedisOrderCache) -> None:
    newer = an_order(10)
    cache.put(newer)

    cache.put(an_order(9, order_id=newer.id))

    assert cache.get(newer.id) == newer
