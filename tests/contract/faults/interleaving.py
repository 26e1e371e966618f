"""Deterministic interleaving: threads that execute one step at a time, in an order given by the test."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Engine

from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_domain import Order
from orders_domain.ports.order_cache import OrderCache

Step = Callable[[], None]
"""Called by an actor before each step; returns when it is its turn."""

PATIENCE = 20  # maximum seconds of a step


class Actor:
    """The thread of one participant: it stops before each of its steps."""

    def __init__(self, play: Callable[[Step], Any], threads: ThreadPoolExecutor) -> None:
        self._go, self._stands = threading.Semaphore(0), threading.Semaphore(0)
        self._part: Future[Any] = threads.submit(self._perform, play)
        self._await()

    def step(self) -> None:
        """Execute the next step, if there is one, and return when the thread has stopped again."""
        if not self.done:
            self._go.release()
            self._await()

    @property
    def done(self) -> bool:
        return self._part.done()

    @property
    def outcome(self) -> Any:
        """Return the result of the thread, or raise the error that ended it."""
        return self._part.result(PATIENCE)

    def _perform(self, play: Callable[[Step], Any]) -> Any:
        try:
            return play(self._before_a_step)
        finally:
            self._part_ends = True
            self._stands.release()

    def _before_a_step(self) -> None:
        self._stands.release()
        assert self._go.acquire(timeout=PATIENCE), "the play was given up"

    def _await(self) -> None:
        assert self._stands.acquire(timeout=PATIENCE), "a step does not end"
        if getattr(self, "_part_ends", False):
            self._part.exception(PATIENCE)


def interleavings(lengths: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """All orders of the given numbers of steps."""
    if not any(lengths):
        yield ()
    for actor, length in enumerate(lengths):
        if length:
            rest = (*lengths[:actor], length - 1, *lengths[actor + 1 :])
            yield from ((actor, *others) for others in interleavings(rest))


def shuffled(lengths: Sequence[int], chance: Random) -> tuple[int, ...]:
    """A random order of the given numbers of steps."""
    steps = [actor for actor, length in enumerate(lengths) for _ in range(length)]
    chance.shuffle(steps)
    return tuple(steps)


@dataclass(frozen=True)
class SteppedCache:
    """A cache in which each call is a step."""

    cache: OrderCache
    step: Step

    def get(self, order_id: UUID) -> Order | None:
        self.step()
        return self.cache.get(order_id)

    def prefetch(self, order_id: UUID | None) -> None:
        self.cache.prefetch(order_id)

    def copies(self) -> Iterator[Sequence[Order]]:
        return self.cache.copies()

    def put(self, order: Order) -> None:
        self.step()
        self.cache.put(order)

    def invalidate(self, versions: Mapping[UUID, int]) -> bool:
        self.step()
        return self.cache.invalidate(versions)


class SteppedQueries(SqlOrderQueries):
    """Queries in which reading an order is a step."""

    def __init__(self, engine: Engine, step: Step) -> None:
        super().__init__(engine)
        self._step = step

    def get(self, ref: Any) -> Order:
        self._step()
        return super().get(ref)


class SteppedUnitOfWork(SqlUnitOfWork):
    """A unit of work that is one step, because it locks the order from its start to its commit."""

    def __init__(self, engine: Engine, step: Step) -> None:
        super().__init__(engine)
        self._step = step

    def __enter__(self) -> Self:
        self._step()
        return super().__enter__()
