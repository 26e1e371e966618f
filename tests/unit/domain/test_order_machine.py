"""State machine of an order: no invalid status, no gap in the versions, and a complete history."""

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from orders_adapters.testing.examples import ADA, ADMIN, GRACE, NOON, placed
from orders_domain import Actor, OrderStatus
from orders_domain.model.history import HistoryEntry
from orders_domain.model.order import Order, rebuild
from orders_domain.model.status import InvalidTransition, TargetStatus
from tests.unit.domain.test_lifecycle import STATUSES, TABLE

ACTORS = st.sampled_from([ADA, GRACE, ADMIN])


class OrderLife(RuleBasedStateMachine):
    """An order beside its model: the name of its status, and the list of its statuses so far."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[HistoryEntry] = []
        self.now = NOON
        self.statuses: list[str] = ["PENDING"]

    @initialize(by=ACTORS)
    def place(self, by: Actor) -> None:
        self.order: Order = placed(by=by, at=self.now)
        self.owner = by.subject

    @rule(word=st.sampled_from(STATUSES), alike=st.sets(st.sampled_from(STATUSES)), by=ACTORS)
    def change_status(self, word: str, alike: set[str], by: Actor) -> None:
        self.now += timedelta(seconds=1)
        current = self.statuses[-1]
        target = TargetStatus(OrderStatus(word), frozenset(OrderStatus(name) for name in {word, *alike}))

        if current in {word, *alike}:
            assert not self.order.change_status(target, by=by, at=self.now)
        elif word in TABLE[current]:
            assert self.order.change_status(target, by=by, at=self.now)
            self.statuses.append(word)
            self._the_last_entry_says(by, current, word)
        else:
            with pytest.raises(InvalidTransition):
                self.order.change_status(target, by=by, at=self.now)

    def _the_last_entry_says(self, by: Actor, before: str, after: str) -> None:
        entry = self.order.new_entries[-1]
        assert (entry.actor, entry.role, entry.request_id) == (by.subject, by.role, by.request_id)
        assert (entry.at, entry.from_status, entry.to_status) == (
            self.now,
            OrderStatus(before),
            OrderStatus(after),
        )
        assert entry.kind == ("canceled" if after == "CANCELED" else "status_changed")

    @rule()
    def save(self) -> None:
        self.saved += self.order.new_entries
        self.order.new_entries.clear()

    @invariant()
    def status_equals_the_model(self) -> None:
        assert self.order.status.value == self.statuses[-1]
        assert self.order.user_id == self.owner

    @invariant()
    def versions_are_consecutive(self) -> None:
        assert self.order.version == len(self.statuses)
        assert self.order.persisted_version == len(self.saved)
        assert [entry.version for entry in [*self.saved, *self.order.new_entries]] == [
            *range(1, len(self.statuses) + 1)
        ]

    @invariant()
    def history_rebuilds_the_order(self) -> None:
        assert rebuild([*self.saved, *self.order.new_entries]) == self.order

    @invariant()
    def history_entries_are_connected(self) -> None:
        history = [*self.saved, *self.order.new_entries]
        assert [entry.to_status.value for entry in history] == self.statuses
        assert [entry.from_status for entry in history] == [None, *(entry.to_status for entry in history[:-1])]


TestOrderLife = OrderLife.TestCase
TestOrderLife.settings = settings(max_examples=60, stateful_step_count=12, deadline=None)


def test_history_with_a_gap_is_rejected() -> None:
    order = placed()
    order.change_status(TargetStatus(OrderStatus.PAID, frozenset()), by=ADA, at=NOON)
    order.change_status(TargetStatus(OrderStatus.SHIPPED, frozenset()), by=ADA, at=NOON)
    first, _, third = order.new_entries

    with pytest.raises(ValueError, match="gaps"):
        rebuild([first, third])


def test_history_without_its_start_is_rejected() -> None:
    order = placed()
    order.change_status(TargetStatus(OrderStatus.PAID, frozenset()), by=ADA, at=NOON)

    for entries in ([], order.new_entries[1:], order.new_entries[::-1]):
        with pytest.raises(ValueError, match="history"):
            rebuild(entries)


def test_rebuilt_order_has_the_given_number() -> None:
    order = placed()

    assert rebuild(order.new_entries, number=4711).number == 4711
