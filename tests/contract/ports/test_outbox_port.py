"""Contract of Outbox: no committed event is lost, events of an order stay in order, one relay claims a shard."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest

from orders_domain import OrderStatus
from orders_domain.ports.outbox import Outbox, OutboxMessage, OutboxState, ShardClaim
from tests.support.examples import NOON, new_id, placed
from tests.support.stores import Shop
from tests.support.threads import at_once

LATER = NOON + timedelta(hours=1)
SECOND = timedelta(seconds=1)


def claimed(outbox: Outbox, *, now: datetime = LATER, limit: int = 500) -> list[OutboxMessage]:
    """All due messages of all shards."""
    messages: list[OutboxMessage] = []
    for shard in outbox.due_shards(now):
        with outbox.claim(shard, now=now, limit=limit) as claim:
            assert claim is not None
            messages += claim.messages
    return messages


def marked(
    outbox: Outbox,
    state: OutboxState,
    *,
    now: datetime = LATER,
    due_at: datetime = LATER,
    attempts: int = 0,
    last_error: str | None = None,
    limit: int = 500,
) -> list[OutboxMessage]:
    """Set all due messages to one state."""
    messages: list[OutboxMessage] = []
    for shard in outbox.due_shards(now):
        with outbox.claim(shard, now=now, limit=limit) as claim:
            assert claim is not None
            for message in claim.messages:
                claim.set_state(message.event.id, state=state, due_at=due_at, attempts=attempts, last_error=last_error)
            messages += claim.messages
    return messages


def versions(messages: Sequence[OutboxMessage]) -> list[int]:
    return [message.event.version for message in messages]


class TestRoundTrip:
    def test_event_is_stored_unchanged(self, shop: Shop) -> None:
        order = placed()
        (entry,) = order.new_entries
        shop.add(order)

        (outgoing,) = claimed(shop.outbox())

        assert outgoing.event.data["order_id"] == str(order.id)
        assert (outgoing.event.type, outgoing.event.version) == ("orders.order_placed.v1", 1)
        assert (outgoing.event.at, outgoing.due_at) == (entry.at, entry.at)
        assert (outgoing.state, outgoing.attempts, outgoing.last_error) == (OutboxState.WAITING, 0, None)
        assert [outgoing] == shop.events()

    def test_state_is_stored_exactly(self, shop: Shop) -> None:
        shop.placed()
        due_at = NOON + timedelta(days=1, microseconds=7)

        (before,) = marked(shop.outbox(), OutboxState.PARKED, due_at=due_at, attempts=10, last_error="NO_ROUTE 💡 'x'")

        (after,) = shop.events()
        assert after.event == before.event
        assert (after.state, after.due_at, after.attempts) == (OutboxState.PARKED, due_at, 10)
        assert after.last_error == "NO_ROUTE 💡 'x'"

    def test_future_event_is_not_due(self, shop: Shop) -> None:
        shop.placed()
        outbox = shop.outbox()

        assert list(outbox.due_shards(NOON - SECOND)) == []
        assert claimed(outbox, now=NOON - SECOND) == []
        assert len(claimed(outbox, now=NOON)) == 1

    def test_shard_claim_is_oldest_first_and_limited(self, shop: Shop) -> None:
        order = shop.placed()
        for status in (OrderStatus.CONFIRMED, OrderStatus.PAID, OrderStatus.SHIPPED):
            shop.changed(order, status)

        assert versions(claimed(shop.outbox(), limit=3)) == [1, 2, 3]
        assert versions(claimed(shop.outbox())) == [1, 2, 3, 4]

    def test_events_of_an_order_share_a_shard(self, shop: Shop) -> None:
        orders = [shop.placed() for _ in range(12)]
        for order in orders:
            shop.changed(order, OrderStatus.PAID)
        outbox = shop.outbox()

        for shard in outbox.due_shards(LATER):
            with outbox.claim(shard, now=LATER, limit=500) as claim:
                assert claim is not None
                order_ids = {message.event.order_id for message in claim.messages}
                assert len(claim.messages) == 2 * len(order_ids)

        assert len(claimed(outbox)) == 24

    def test_select_filters_states_oldest_first(self, shop: Shop) -> None:
        outbox = shop.outbox()
        sent = shop.placed()
        marked(outbox, OutboxState.SENT)
        waiting = [shop.placed() for _ in range(3)]

        both = outbox.select(states=frozenset({OutboxState.SENT, OutboxState.WAITING}))

        assert [message.event.order_id for message in both] == [sent.id, *(order.id for order in waiting)]
        assert [message.event.order_id for message in outbox.select(states=frozenset({OutboxState.SENT}))] == [sent.id]
        assert outbox.select(states=frozenset({OutboxState.PARKED})) == []
        assert len(outbox.select(states=frozenset(OutboxState), limit=2)) == 2


class TestBlockedEvents:
    """A later event of an order never precedes an earlier one; other orders are not blocked."""

    @pytest.mark.parametrize(("state", "due_at"), [(OutboxState.PARKED, NOON), (OutboxState.WAITING, LATER + SECOND)])
    def test_unsent_event_blocks_later_events(self, shop: Shop, state: OutboxState, due_at: datetime) -> None:
        outbox, order = shop.outbox(), shop.placed()
        marked(outbox, state, due_at=due_at, attempts=1)
        shop.changed(order, OrderStatus.PAID)
        shop.changed(order, OrderStatus.SHIPPED)

        assert claimed(outbox) == []
        assert list(outbox.due_shards(LATER)) == []
        other = shop.placed()
        assert [message.event.order_id for message in claimed(outbox)] == [other.id]

    def test_published_event_does_not_block(self, shop: Shop) -> None:
        for state in (OutboxState.SENT, OutboxState.PUBLISHED):
            order = shop.placed()
            marked(shop.outbox(), state, due_at=LATER + SECOND)
            shop.changed(order, OrderStatus.PAID)

            assert [(message.event.order_id, message.event.version) for message in claimed(shop.outbox())] == [
                (order.id, 2)
            ]
            marked(shop.outbox(), OutboxState.SENT)

    def test_published_event_is_due_again_later(self, shop: Shop) -> None:
        outbox = shop.outbox()
        shop.placed()
        marked(outbox, OutboxState.PUBLISHED, due_at=LATER + SECOND)

        assert claimed(outbox, now=LATER) == []
        (pending,) = claimed(outbox, now=LATER + SECOND)
        assert pending.state is OutboxState.PUBLISHED


class TestStatesAfterFailure:
    def test_states_survive_an_exception(self, shop: Shop) -> None:
        outbox, order = shop.outbox(), shop.placed()
        shop.changed(order, OrderStatus.PAID)
        (shard,) = outbox.due_shards(LATER)

        with pytest.raises(ConnectionError), outbox.claim(shard, now=LATER, limit=500) as claim:  # noqa: PT012
            assert claim is not None
            claim.set_state(claim.messages[0].event.id, state=OutboxState.SENT, due_at=LATER, attempts=0)
            raise ConnectionError("the broker hung up")

        assert versions(claimed(outbox)) == [2]

    def test_event_without_new_state_is_claimed_again(self, shop: Shop) -> None:
        shop.placed()

        assert claimed(shop.outbox()) == claimed(shop.outbox()) != []


class TestRequeueAndPrune:
    def test_requeue_resets_parked_and_sent_events(self, shop: Shop) -> None:
        outbox = shop.outbox()
        for state in (OutboxState.PARKED, OutboxState.SENT, OutboxState.PUBLISHED):
            shop.placed()
            marked(outbox, state, attempts=10, due_at=LATER + SECOND, last_error="NO_ROUTE")
        shop.placed()
        everything = [message.event.id for message in shop.events()]

        assert outbox.requeue([*everything, *everything, new_id()], now=LATER) == 2

        assert [(message.state, message.attempts) for message in shop.events()] == [
            (OutboxState.WAITING, 0),
            (OutboxState.WAITING, 0),
            (OutboxState.PUBLISHED, 10),
            (OutboxState.WAITING, 0),
        ]
        assert len(claimed(outbox, now=LATER)) == 3

    def test_empty_requeue_returns_zero(self, shop: Shop) -> None:
        assert shop.outbox().requeue([], now=NOON) == 0

    def test_requeued_event_precedes_blocked_events(self, shop: Shop) -> None:
        outbox, order = shop.outbox(), shop.placed()
        (parked,) = marked(outbox, OutboxState.PARKED)
        shop.changed(order, OrderStatus.PAID)

        outbox.requeue([parked.event.id], now=LATER)

        assert versions(claimed(outbox)) == [1, 2]

    def test_prune_deletes_old_sent_events_in_batches(self, shop: Shop) -> None:
        outbox = shop.outbox()
        for state in (OutboxState.SENT, OutboxState.PARKED, OutboxState.PUBLISHED):
            shop.add(*(placed(at=NOON) for _ in range(3)))
            marked(outbox, state, due_at=LATER + SECOND)
        shop.add(placed(at=NOON))

        assert outbox.prune(sent_before=NOON) == 0  # not older than the limit
        assert outbox.prune(sent_before=LATER, limit=2) == 2
        assert outbox.prune(sent_before=LATER, limit=2) == 1
        assert outbox.prune(sent_before=LATER) == 0

        states = [message.state for message in shop.events()]
        assert states == [OutboxState.PARKED] * 3 + [OutboxState.PUBLISHED] * 3 + [OutboxState.WAITING]


class TestConcurrency:
    def test_shard_is_claimed_by_one_relay(self, shop: Shop) -> None:
        shop.placed()
        first, second = shop.outbox(), shop.outbox()
        (shard,) = first.due_shards(LATER)

        with first.claim(shard, now=LATER, limit=500) as claim:
            assert claim is not None
            with second.claim(shard, now=LATER, limit=500) as refused:
                assert refused is None
            with first.claim(shard, now=LATER, limit=500) as refused:
                assert refused is None

        with second.claim(shard, now=LATER, limit=500) as claim:
            assert claim is not None

    def test_concurrent_relays_send_no_event_twice(self, shop: Shop) -> None:
        orders = [shop.placed() for _ in range(20)]
        for order in orders:
            shop.changed(order, OrderStatus.PAID)
        sent: list[tuple[str, int]] = []

        def relay() -> None:
            outbox = shop.outbox()
            for _ in range(100):
                shards = outbox.due_shards(LATER)
                if not shards:
                    return
                for shard in shards:
                    with outbox.claim(shard, now=LATER, limit=3) as claim:
                        send(claim)

        def send(claim: ShardClaim | None) -> None:
            for message in claim.messages if claim is not None else ():
                sent.append((str(message.event.order_id), message.event.version))
                claim.set_state(message.event.id, state=OutboxState.SENT, due_at=LATER, attempts=0)  # type: ignore[union-attr]

        assert at_once(*[relay] * 8) == [None] * 8

        assert len(sent) == len(set(sent)) == 40
        assert all(sent.index((str(order.id), 1)) < sent.index((str(order.id), 2)) for order in orders)

    def test_orders_are_placed_during_a_claim(self, shop: Shop) -> None:
        shop.placed()
        outbox = shop.outbox()
        with ExitStack() as stack:
            for shard in outbox.due_shards(LATER):
                claim = stack.enter_context(outbox.claim(shard, now=LATER, limit=500))
                assert claim is not None

            order = shop.placed()
            shop.changed(order, OrderStatus.PAID)

        assert sorted(versions(claimed(outbox))) == [1, 1, 2]
