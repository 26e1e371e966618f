"""Ids: UUIDs of version 7, unique and ascending."""

import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_adapters.system.clock import now
from orders_adapters.system.ids import UuidSequence
from orders_adapters.testing.clock import ClockTests, NewIdTests
from orders_domain.ports.clock import Clock, NewId

NOON = 1_773_489_600_000  # milliseconds


class TestSystemClock(ClockTests):
    @pytest.fixture
    def clock(self) -> Clock:
        return now


class TestUuidSequence(NewIdTests):
    @pytest.fixture
    def new_id(self) -> NewId:
        return UuidSequence()


def milliseconds_of(id_: UUID) -> int:
    return id_.int >> 80


def test_id_layout_follows_rfc_9562() -> None:
    id_ = UuidSequence(lambda: NOON)()

    assert id_.version == 7
    assert id_.variant == RFC_4122
    assert milliseconds_of(id_) == NOON


def test_id_has_the_current_time() -> None:
    before = time.time_ns() // 1_000_000

    id_ = UuidSequence()()

    assert before <= milliseconds_of(id_) <= time.time_ns() // 1_000_000


def test_ids_of_one_millisecond_are_ascending() -> None:
    new_id = UuidSequence(lambda: NOON)

    ids = [new_id() for _ in range(100_000)]

    assert len(set(ids)) == 100_000
    assert all(earlier < later for earlier, later in pairwise(ids))
    assert all(str(earlier) < str(later) for earlier, later in pairwise(ids))  # as databases may sort them
    assert {(id_.version, id_.variant) for id_ in ids} == {(7, RFC_4122)}


@given(st.lists(st.integers(-5_000, 5_000), min_size=2, max_size=50))
def test_ids_ascend_when_clock_steps_back(steps: list[int]) -> None:
    moments = iter([NOON + step for step in steps])
    new_id = UuidSequence(lambda: next(moments))

    ids = [new_id() for _ in steps]

    assert all(earlier < later for earlier, later in pairwise(ids))
    assert milliseconds_of(ids[-1]) >= NOON + max(steps)


def test_processes_get_distinct_ids() -> None:
    """The counter starts at random, and 32 more bits are random, because the generators do not coordinate."""
    ids = [UuidSequence(lambda: NOON)() for _ in range(1_000)]

    assert len(set(ids)) == 1_000
    assert len({id_.int & 0xFFFF_FFFF for id_ in ids}) > 990
    assert len({id_.int >> 64 & 0xFFF for id_ in ids}) > 500


def test_exhausted_counter_uses_next_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    new_id = UuidSequence(lambda: NOON)
    before = new_id()
    monkeypatch.setattr(new_id, "_counter", (1 << 42) - 2)

    last, borrowed, after = new_id(), new_id(), new_id()

    assert before < last < borrowed < after
    assert [milliseconds_of(id_) - NOON for id_ in (last, borrowed, after)] == [0, 1, 1]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() <= before  # a thread of an earlier test may end meanwhile
