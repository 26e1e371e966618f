"""Relay: every event is published, in the order of its order's versions, whatever the broker does."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_adapters.memory.outbox import InMemoryOutbox, InMemoryShardClaim
from orders_domain import Event, OrderStatus
from orders_domain.errors import PublisherUnavailable
from orders_domain.ports.event_publisher import Unpublishable
from orders_domain.ports.outbox import OutboxState
from orders_domain.use_cases import RelayResult
from tests.support.shop import InMemoryShop
from tests.support.stubs import ScriptedPublisher, nothing


@pytest.fixture
def broker() -> ScriptedPublisher:
    return ScriptedPublisher()


@pytest.fixture
def shop(broker: ScriptedPublisher) -> InMemoryShop:
    return InMemoryShop(publisher=broker)


def always(_: Event) -> str:
    return "NO_ROUTE"


def test_events_are_sent_once_oldest_first(shop: InMemoryShop, broker: ScriptedPublisher) -> None:
    lamp, cable = shop.place(), shop.place()
    shop.change(lamp.id, OrderStatus.PAID)

    assert shop.relay() == RelayResult(sent=3)
    assert shop.relay() == RelayResult()

    assert broker.versions() == {lamp.id: [1, 2], cable.id: [1]}
    assert len(shop.in_state(OutboxState.SENT)) == len(broker.taken) == 3


def test_rejected_event_backs_off_and_blocks_its_order(shop: InMemoryShop, broker: ScriptedPublisher) -> None:
    refused, other = shop.place(), shop.place()
    shop.change(refused.id, OrderStatus.PAID)
    broker.refuses = lambda event: "NO_ROUTE" if event.order_id == refused.id else None

    assert shop.relay() == RelayResult(sent=1, rejected=1)

    assert broker.versions() == {other.id: [1]}
    first, later = shop.in_state(OutboxState.WAITING)
    assert (first.event.version, first.attempts, first.last_error) == (1, 1, "NO_ROUTE")
    assert (later.event.version, later.attempts, later.last_error) == (2, 0, None)

    waits = []
    for _ in range(8):
        assert shop.relay() == RelayResult()  # not due yet
        due_at = shop.in_state(OutboxState.WAITING)[0].due_at
        waits.append((due_at - shop.clock()).total_seconds())
        shop.clock.now = due_at
        assert shop.relay() == RelayResult(rejected=1)
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]


def test_condition_of_the_broker_parks_nothing(shop: InMemoryShop, broker: ScriptedPublisher) -> None:
    """A queue that was full for hours: its events leave by themselves as soon as it has room."""
    order = shop.place()
    shop.change(order.id, OrderStatus.PAID)
    broker.refuses = always
    for _ in range(2_000):  # more attempts than a power of two can count
        assert shop.relay() == RelayResult(rejected=1)
        shop.clock.advance(60)
    assert shop.in_state(OutboxState.PARKED) == []

    broker.refuses = nothing

    assert shop.relay() == RelayResult(sent=2)
    assert broker.versions() == {order.id: [1, 2]}


@pytest.mark.parametrize("fault", ["refused", "raised"])
def test_unpublishable_event_is_parked_at_once_and_alone(
    shop: InMemoryShop, broker: ScriptedPublisher, fault: str
) -> None:
    bad, good = shop.place(), shop.place()
    shop.change(bad.id, OrderStatus.PAID)

    def refuse(event: Event) -> str | None:
        if event.order_id != bad.id:
            return None
        if fault == "raised":
            raise KeyError("user_id")
        return Unpublishable("KeyError: 'user_id'")

    broker.refuses = refuse

    assert shop.relay() == RelayResult(sent=1, parked=1)

    (parked,) = shop.in_state(OutboxState.PARKED)
    assert (parked.event.order_id, parked.event.version, parked.last_error) == (bad.id, 1, "KeyError: 'user_id'")
    assert set(broker.versions()) == {good.id}
    shop.clock.advance(86_400)
    assert shop.relay() == RelayResult()
    broker.refuses = nothing
    assert shop.outbox.requeue([parked.event.id], now=shop.clock()) == 1
    assert shop.relay() == RelayResult(sent=2)
    assert broker.versions()[bad.id] == [1, 2]


@pytest.mark.parametrize("together", [False, True])
def test_failed_shard_does_not_stop_the_others(shop: InMemoryShop, together: bool) -> None:
    class TwoShards(InMemoryOutbox):
        def due_shards(self, now: datetime) -> Sequence[int]:
            return [13, *super().due_shards(now)]

        @contextmanager
        def claim(self, *shards: int, now: datetime, limit: int) -> Iterator[InMemoryShardClaim | None]:
            if 13 in shards:
                raise ZeroDivisionError("This shard cannot be read.")
            with super().claim(*shards, now=now, limit=limit) as claim:
                yield claim

    shop.outbox = TwoShards(shop.store)
    shop.place()

    result = shop.relay(together=together)

    assert result.sent == 1
    assert [type(failure) for failure in result.failures] == [ZeroDivisionError]


def test_lost_broker_costs_no_attempt(shop: InMemoryShop, broker: ScriptedPublisher) -> None:
    orders = [shop.place() for _ in range(3)]
    for order in orders:
        shop.change(order.id, OrderStatus.PAID)
    broker.away_after = 4  # all three placements, and one of the changes, which is not confirmed

    with pytest.raises(PublisherUnavailable):
        shop.relay()

    assert [message.event.version for message in shop.in_state(OutboxState.SENT)] == [1, 1, 1]
    waiting = shop.in_state(OutboxState.WAITING)
    assert [(message.event.version, message.attempts, message.last_error) for message in waiting] == [(2, 0, None)] * 3
    broker.away_after = None
    assert shop.relay() == RelayResult(sent=3)
    assert broker.versions() == {order.id: [1, 2] for order in orders}
    assert sorted(broker.tries.values()) == [1, 1, 1, 1, 1, 2]  # delivery is at least once


def test_relay_respects_its_limit(shop: InMemoryShop, broker: ScriptedPublisher) -> None:
    for _ in range(5):
        shop.place()

    assert [shop.relay(limit=2).sent for _ in range(4)] == [2, 2, 1, 0]


MOODS = st.sampled_from(["take", "refuse", "refuse", "hang up"])


@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["place", "change", "relay"])), max_size=25),
    st.lists(MOODS, max_size=40),
    st.integers(1, 4),
)
def test_events_arrive_in_order_despite_failures(steps: list[tuple[int, str]], moods: list[str], limit: int) -> None:
    broker = ScriptedPublisher()
    shop = InMemoryShop(publisher=broker)
    orders = [shop.place() for _ in range(3)]
    remaining = iter(moods)

    def moody(_: Event) -> str | None:
        mood = next(remaining, "take")
        if mood == "hang up":
            raise PublisherUnavailable("The broker hung up.")
        return None if mood == "take" else "NO_ROUTE"

    broker.refuses = moody
    for which, step in steps:
        shop.clock.advance(1)
        if step == "change" and shop.queries.get(orders[which].id).status is not OrderStatus.SHIPPED:
            following = [OrderStatus.PAID, OrderStatus.SHIPPED]
            shop.change(orders[which].id, following[shop.queries.get(orders[which].id).version - 1])
        elif step == "place":
            orders.append(shop.place())
        else:
            relay_whatever_happens(shop, limit)
    for _ in range(400):
        shop.clock.advance(301)
        relay_whatever_happens(shop, limit)
        if not shop.in_state(OutboxState.WAITING):
            break

    expected = {order.id: [*range(1, shop.queries.get(order.id).version + 1)] for order in orders}
    assert broker.versions() == expected


def relay_whatever_happens(shop: InMemoryShop, limit: int) -> None:
    try:
        shop.relay(limit=limit)
    except PublisherUnavailable:
        return


def test_event_of_a_fast_clock_is_sent_at_once(shop: InMemoryShop) -> None:
    shop.clock.advance(600)
    shop.place()
    shop.clock.advance(-600)  # the clock of the relay

    assert shop.relay() == RelayResult(sent=1)
