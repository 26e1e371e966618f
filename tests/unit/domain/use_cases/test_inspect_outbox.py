"""Use cases of the outbox: administrators look at its events, and publish some again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import pytest

from orders_adapters.memory.outbox import InMemoryOutbox
from orders_adapters.memory.store import InMemoryStore
from orders_adapters.memory.unit_of_work import InMemoryUnitOfWork
from orders_adapters.system import clock
from orders_adapters.system.ids import UuidSequence
from orders_adapters.testing.examples import ADMIN
from orders_domain import Actor, CustomItem, Money
from orders_domain.errors import AccessDenied
from orders_domain.ports.outbox import OutboxState
from orders_domain.use_cases import (
    ListOutbox,
    PlaceOrder,
    ResendEvents,
    ResentEvents,
    list_outbox,
    place_order,
    resend_events,
)

OPERATOR = Actor(subject="bob", scopes=frozenset({"orders:read", "orders:write"}))
PARKED = frozenset({OutboxState.PARKED})


@pytest.fixture
def outbox() -> InMemoryOutbox:
    """An outbox with two parked events and one that waits."""
    store = InMemoryStore()
    for _ in range(3):
        placing = PlaceOrder(actor=ADMIN, items=(CustomItem({"sku": "tea"}),), total=Money.of(1, "USD"))
        place_order(placing, uow=InMemoryUnitOfWork(store), clock=clock.now, new_id=UuidSequence())
    outbox = InMemoryOutbox(store)
    events = [message.event.id for message in outbox.select(states=frozenset({OutboxState.WAITING}))][:2]
    for shard in outbox.due_shards(clock.now()):
        with outbox.claim(shard, now=clock.now(), limit=10) as claim:
            assert claim
            for message in claim.messages:
                if message.event.id in events:
                    claim.set_state(message.event.id, state=OutboxState.PARKED, due_at=message.due_at, attempts=1)
    return outbox


def test_events_and_backlog_are_listed(outbox: InMemoryOutbox) -> None:
    listed = list_outbox(ListOutbox(actor=ADMIN, states=PARKED), outbox=outbox)

    assert [message.state for message in listed.messages] == [OutboxState.PARKED] * 2
    assert (listed.backlog.waiting, listed.backlog.parked) == (1, 2)


def test_events_are_requeued(outbox: InMemoryOutbox) -> None:
    (first, _) = outbox.select(states=PARKED)
    unknown = uuid4()

    one = ResendEvents(actor=ADMIN, event_ids=(first.event.id, first.event.id, unknown))
    assert resend_events(one, outbox=outbox, clock=clock.now) == ResentEvents(requeued=1, missing=(unknown,))
    rest = ResendEvents(actor=ADMIN, parked=True)
    assert resend_events(rest, outbox=outbox, clock=clock.now) == ResentEvents(requeued=1)
    assert outbox.backlog().parked == 0


def test_event_that_is_parked_again_is_requeued_once(outbox: InMemoryOutbox, monkeypatch: pytest.MonkeyPatch) -> None:
    requeued: list[UUID] = []

    def rejected(event_ids: Sequence[UUID], *, now: datetime) -> int:
        requeued.extend(event_ids)
        assert len(requeued) < 10, "The events are requeued without end."
        return len(event_ids)  # all are parked again at once

    monkeypatch.setattr(outbox, "requeue", rejected)
    parked = [message.event.id for message in outbox.select(states=PARKED)]

    resent = resend_events(ResendEvents(actor=ADMIN, parked=True), outbox=outbox, clock=clock.now)

    assert (resent.requeued, requeued) == (2, parked)


def test_only_administrators_use_the_outbox(outbox: InMemoryOutbox) -> None:
    with pytest.raises(AccessDenied):
        list_outbox(ListOutbox(actor=OPERATOR, states=PARKED), outbox=outbox)
    with pytest.raises(AccessDenied):
        resend_events(ResendEvents(actor=OPERATOR, parked=True), outbox=outbox, clock=clock.now)

    assert outbox.backlog().parked == 2
