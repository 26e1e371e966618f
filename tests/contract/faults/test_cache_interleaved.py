"""Interleaved reads, refills and updates of one order: no stale read after an acknowledged change."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from uuid import UUID

import pytest

from orders_adapters.system import clock
from orders_adapters.testing.examples import ADA, only
from orders_domain import OrderStatus
from orders_domain.use_cases import ChangeStatus, GetOrder, change_status, get_order
from tests.contract.faults.interleaving import (
    Actor,
    Step,
    SteppedCache,
    SteppedQueries,
    SteppedUnitOfWork,
    interleavings,
    shuffled,
)
from tests.support.depth import effort
from tests.support.shop import DatabaseShop

READ, CHANGE = 3, 2  # steps: read the cache, read the store, refill; commit, invalidate


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as threads:
        yield threads


def reading(core: DatabaseShop, order_id: UUID) -> Callable[[Step], int]:
    return lambda step: (
        get_order(
            GetOrder(actor=ADA, order_id=order_id),
            queries=SteppedQueries(core.engine, step),
            cache=SteppedCache(core.cache, step),
        ).version
    )


def changing(core: DatabaseShop, order_id: UUID, *statuses: OrderStatus) -> Callable[[Step], int]:
    def change(step: Step) -> int:
        for status in statuses:
            version = change_status(
                ChangeStatus(actor=ADA, order_id=order_id, target=only(status)),
                uow=SteppedUnitOfWork(core.engine, step),
                cache=SteppedCache(core.cache, step),
                clock=clock.now,
            ).version
        return version

    return change


def perform(core: DatabaseShop, order_id: UUID, script: tuple[int, ...], actors: list[Actor], changer: Actor) -> int:
    """Execute the script; return the number of reads older than the acknowledged version."""
    stale, steps_of_changer = 0, 0
    for who in script:
        actors[who].step()
        steps_of_changer += actors[who] is changer
        acknowledged = 1 + steps_of_changer // CHANGE
        cached = core.cache.get(order_id)
        stale += cached is not None and cached.version < acknowledged
    for actor in actors:
        assert actor.outcome
    afterwards = [core.get(order_id).version for _ in range(2)]  # the first read may be a miss
    return stale + [version == changer.outcome for version in afterwards].count(False)


def test_every_interleaving_leaves_fresh_cache(core: DatabaseShop, threads: ThreadPoolExecutor, chance: Random) -> None:
    # The two readers are equal, so that half of the interleavings are enough.
    scripts = [script for script in interleavings((READ, READ, CHANGE)) if script.index(0) < script.index(1)]
    assert len(scripts) == 280
    stale = []
    for script in chance.sample(scripts, effort(18, 280)):
        order_id = core.place().id
        plays = reading(core, order_id), reading(core, order_id), changing(core, order_id, OrderStatus.PAID)
        actors = [Actor(play, threads) for play in plays]
        if perform(core, order_id, script, actors, actors[2]):
            stale.append(script)

    assert stale == []


def test_random_interleaving_leaves_fresh_cache(
    core: DatabaseShop, threads: ThreadPoolExecutor, chance: Random
) -> None:
    stale = []
    for _ in range(effort(20, 720)):
        order_id = core.place().id
        if chance.random() < 0.5:
            core.get(order_id)  # the cache has an entry from the start
        changes = changing(core, order_id, OrderStatus.PAID, OrderStatus.SHIPPED)
        actors = [*(Actor(reading(core, order_id), threads) for _ in range(3)), Actor(changes, threads)]
        script = (*shuffled((READ, READ, READ, 2 * CHANGE), chance), *[0, 1, 2] * READ)
        if perform(core, order_id, script, actors, actors[3]):
            stale.append(script)

    assert stale == []
