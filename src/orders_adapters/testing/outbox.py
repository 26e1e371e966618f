"""Contract of Outbox: no committed event is lost, events of an order stay in order, one relay claims a shard."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest

from orders_adapters.testing.examples import ADA, NOON, new_id, placed
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain import OrderStatus
from orders_domain.ports.outbox import DUE_AT_ONCE, MAX_CACHE_AGE, Outbox, OutboxMessage, OutboxState, ShardClaim

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


class OutboxTests:
    """Promises of ``Outbox``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_event_is_stored_unchanged(self, store: StoreHarness) -> None:
        order = placed()
        (entry,) = order.new_entries
        store.add(order)

        (outgoing,) = claimed(store.outbox())

        assert outgoing.event.data["order_id"] == str(order.id)
        assert (outgoing.event.type, outgoing.event.version) == ("orders.order_placed.v1", 1)
        assert (outgoing.event.at, outgoing.due_at) == (entry.at, DUE_AT_ONCE)
        assert (outgoing.state, outgoing.attempts, outgoing.last_error) == (OutboxState.WAITING, 0, None)
        assert [outgoing] == store.events()

    def test_state_is_stored_exactly(self, store: StoreHarness) -> None:
        store.placed()
        due_at = NOON + timedelta(days=1, microseconds=7)

        (before,) = marked(store.outbox(), OutboxState.PARKED, due_at=due_at, attempts=10, last_error="NO_ROUTE 💡 'x'")

        (after,) = store.events()
        assert after.event == before.event
        assert (after.state, after.due_at, after.attempts) == (OutboxState.PARKED, due_at, 10)
        assert after.last_error == "NO_ROUTE 💡 'x'"

    def test_states_of_a_claim_may_differ(self, store: StoreHarness) -> None:
        order, outbox = store.placed(), store.outbox()
        for status in (OrderStatus.CONFIRMED, OrderStatus.PAID, OrderStatus.SHIPPED):
            store.changed(order, status)
        (shard,) = outbox.due_shards(LATER)
        wanted = [
            (OutboxState.SENT, LATER, 0, None),
            (OutboxState.PUBLISHED, LATER + SECOND, 0, None),
            (OutboxState.WAITING, LATER + SECOND, 2, "NO_ROUTE"),
            (OutboxState.WAITING, LATER + SECOND, 1, "NO_ROUTE"),
        ]

        with outbox.claim(shard, now=LATER, limit=500) as claim:
            assert claim is not None
            for message, (state, due_at, attempts, error) in zip(claim.messages, wanted, strict=True):
                claim.set_state(message.event.id, state=state, due_at=due_at, attempts=attempts, last_error=error)

        assert [(each.state, each.due_at, each.attempts, each.last_error) for each in store.events()] == wanted

    def test_new_event_is_due_whatever_its_clock_says(self, store: StoreHarness) -> None:
        store.placed()
        outbox = store.outbox()

        assert len(outbox.due_shards(NOON - SECOND)) == 1
        assert len(claimed(outbox, now=NOON - SECOND)) == 1

    def test_delayed_event_is_not_due(self, store: StoreHarness) -> None:
        store.placed()
        outbox = store.outbox()
        marked(outbox, OutboxState.WAITING, due_at=LATER)

        assert list(outbox.due_shards(LATER - SECOND)) == []
        assert claimed(outbox, now=LATER - SECOND) == []
        assert len(claimed(outbox, now=LATER)) == 1

    def test_shard_claim_is_oldest_first_and_limited(self, store: StoreHarness) -> None:
        order = store.placed()
        for status in (OrderStatus.CONFIRMED, OrderStatus.PAID, OrderStatus.SHIPPED):
            store.changed(order, status)

        assert versions(claimed(store.outbox(), limit=3)) == [1, 2, 3]
        assert versions(claimed(store.outbox())) == [1, 2, 3, 4]

    def test_events_of_an_order_share_a_shard(self, store: StoreHarness) -> None:
        orders = [store.placed() for _ in range(12)]
        for order in orders:
            store.changed(order, OrderStatus.PAID)
        outbox = store.outbox()

        for shard in outbox.due_shards(LATER):
            with outbox.claim(shard, now=LATER, limit=500) as claim:
                assert claim is not None
                order_ids = {message.event.order_id for message in claim.messages}
                assert len(claim.messages) == 2 * len(order_ids)

        assert len(claimed(outbox)) == 24

    def test_select_filters_states_oldest_first(self, store: StoreHarness) -> None:
        outbox = store.outbox()
        sent = store.placed()
        marked(outbox, OutboxState.SENT)
        waiting = [store.placed() for _ in range(3)]

        both = outbox.select(states=frozenset({OutboxState.SENT, OutboxState.WAITING}))

        assert [message.event.order_id for message in both] == [sent.id, *(order.id for order in waiting)]
        assert [message.event.order_id for message in outbox.select(states=frozenset({OutboxState.SENT}))] == [sent.id]
        assert outbox.select(states=frozenset({OutboxState.PARKED})) == []
        assert len(outbox.select(states=frozenset(OutboxState), limit=2)) == 2

    @pytest.mark.parametrize(("state", "due_at"), [(OutboxState.PARKED, NOON), (OutboxState.WAITING, LATER + SECOND)])
    def test_unsent_event_blocks_later_events(self, store: StoreHarness, state: OutboxState, due_at: datetime) -> None:
        outbox, order = store.outbox(), store.placed()
        marked(outbox, state, due_at=due_at, attempts=1)
        store.changed(order, OrderStatus.PAID)
        store.changed(order, OrderStatus.SHIPPED)

        assert claimed(outbox) == []
        assert list(outbox.due_shards(LATER)) == []
        other = store.placed()
        assert [message.event.order_id for message in claimed(outbox)] == [other.id]

    def test_recent_blocked_events_are_claimed_for_the_cache(self, store: StoreHarness) -> None:
        """The cache may hold an order of a rejected event until ``MAX_CACHE_AGE`` after the event."""
        outbox, order = store.outbox(), store.placed()
        marked(outbox, OutboxState.WAITING, now=NOON, due_at=NOON + 2 * MAX_CACHE_AGE, attempts=1)
        store.changed(order, OrderStatus.PAID)

        recent = claimed(outbox, now=NOON + SECOND)
        assert [(message.event.version, message.blocked) for message in recent] == [(1, True), (2, True)]
        assert claimed(outbox, now=NOON + MAX_CACHE_AGE + SECOND) == []

    def test_published_event_does_not_block(self, store: StoreHarness) -> None:
        for state in (OutboxState.SENT, OutboxState.PUBLISHED):
            order = store.placed()
            marked(store.outbox(), state, due_at=LATER + SECOND)
            store.changed(order, OrderStatus.PAID)

            assert [(message.event.order_id, message.event.version) for message in claimed(store.outbox())] == [
                (order.id, 2)
            ]
            marked(store.outbox(), OutboxState.SENT)

    def test_published_event_is_due_again_later(self, store: StoreHarness) -> None:
        outbox = store.outbox()
        store.placed()
        marked(outbox, OutboxState.PUBLISHED, due_at=LATER + SECOND)

        assert claimed(outbox, now=LATER) == []
        (pending,) = claimed(outbox, now=LATER + SECOND)
        assert pending.state is OutboxState.PUBLISHED

    def test_states_survive_an_exception(self, store: StoreHarness) -> None:
        outbox, order = store.outbox(), store.placed()
        store.changed(order, OrderStatus.PAID)
        (shard,) = outbox.due_shards(LATER)

        with pytest.raises(ConnectionError), outbox.claim(shard, now=LATER, limit=500) as claim:  # noqa: PT012
            assert claim is not None
            claim.set_state(claim.messages[0].event.id, state=OutboxState.SENT, due_at=LATER, attempts=0)
            raise ConnectionError("the broker hung up")

        assert versions(claimed(outbox)) == [2]

    def test_event_without_new_state_is_claimed_again(self, store: StoreHarness) -> None:
        store.placed()

        assert claimed(store.outbox()) == claimed(store.outbox()) != []

    def test_requeue_resets_parked_and_sent_events(self, store: StoreHarness) -> None:
        outbox = store.outbox()
        for state in (OutboxState.PARKED, OutboxState.SENT, OutboxState.PUBLISHED):
            store.placed()
            marked(outbox, state, attempts=10, due_at=LATER + SECOND, last_error="NO_ROUTE")
        store.placed()
        everything = [message.event.id for message in store.events()]

        assert outbox.requeue([*everything, *everything, new_id()], now=LATER) == 2

        assert [(message.state, message.attempts) for message in store.events()] == [
            (OutboxState.WAITING, 0),
            (OutboxState.WAITING, 0),
            (OutboxState.PUBLISHED, 10),
            (OutboxState.WAITING, 0),
        ]
        assert len(claimed(outbox, now=LATER)) == 3

    def test_empty_requeue_returns_zero(self, store: StoreHarness) -> None:
        assert store.outbox().requeue([], now=NOON) == 0

    def test_requeued_event_precedes_blocked_events(self, store: StoreHarness) -> None:
        outbox, order = store.outbox(), store.placed()
        (parked,) = marked(outbox, OutboxState.PARKED)
        store.changed(order, OrderStatus.PAID)

        outbox.requeue([parked.event.id], now=LATER)

        assert versions(claimed(outbox)) == [1, 2]

    def test_prune_deletes_old_sent_events_in_batches(self, store: StoreHarness) -> None:
        outbox = store.outbox()
        for state in (OutboxState.SENT, OutboxState.PARKED, OutboxState.PUBLISHED):
            store.add(*(placed(at=NOON) for _ in range(3)))
            marked(outbox, state, due_at=LATER + SECOND)
        store.add(placed(at=NOON))

        assert outbox.prune(sent_before=NOON) == 0  # not older than the limit
        assert outbox.prune(sent_before=LATER, limit=2) == 2
        assert outbox.prune(sent_before=LATER, limit=2) == 1
        assert outbox.prune(sent_before=LATER) == 0

        states = [message.state for message in store.events()]
        assert states == [OutboxState.PARKED] * 3 + [OutboxState.PUBLISHED] * 3 + [OutboxState.WAITING]

    def test_shard_is_claimed_by_one_relay(self, store: StoreHarness) -> None:
        store.placed()
        first, second = store.outbox(), store.outbox()
        (shard,) = first.due_shards(LATER)

        with first.claim(shard, now=LATER, limit=500) as claim:
            assert claim is not None
            with second.claim(shard, now=LATER, limit=500) as refused:
                assert refused is None
            with first.claim(shard, now=LATER, limit=500) as refused:
                assert refused is None

        with second.claim(shard, now=LATER, limit=500) as claim:
            assert claim is not None

    def test_free_shards_are_claimed_together(self, store: StoreHarness) -> None:
        orders = [store.placed() for _ in range(12)]
        first, second = store.outbox(), store.outbox()
        shards = first.due_shards(LATER)
        with first.claim(shards[0], now=LATER, limit=500) as one, second.claim(*shards, now=LATER, limit=500) as others:
            assert one is not None
            claimed_ids = [message.event.order_id for message in (*one.messages, *(others.messages if others else ()))]
        with second.claim(*shards, now=LATER, limit=500) as claim:
            assert claim is not None
            assert sorted(message.event.order_id for message in claim.messages) == sorted(order.id for order in orders)

        assert len(claimed_ids) == len(set(claimed_ids))
        assert others is None or len(claimed_ids) == 12

    def test_concurrent_relays_send_no_event_twice(self, store: StoreHarness) -> None:
        orders = [store.placed() for _ in range(20)]
        for order in orders:
            store.changed(order, OrderStatus.PAID)
        sent: list[tuple[str, int]] = []

        def relay() -> None:
            outbox = store.outbox()
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

    def test_orders_are_placed_during_a_claim(self, store: StoreHarness) -> None:
        store.placed()
        outbox = store.outbox()
        with ExitStack() as stack:
            for shard in outbox.due_shards(LATER):
                claim = stack.enter_context(outbox.claim(shard, now=LATER, limit=500))
                assert claim is not None

            order = store.placed()
            store.changed(order, OrderStatus.PAID)

        assert sorted(versions(claimed(outbox))) == [1, 1, 2]

    def test_published_events_are_copies(self, store: StoreHarness) -> None:
        store.placed()
        outbox = store.outbox()

        def change(data: Any) -> None:
            data["user_id"] = "eve"

        change(store.events()[0].event.data)
        (shard,) = outbox.due_shards(NOON)
        with outbox.claim(shard, now=NOON, limit=9) as claim:
            assert claim is not None
            change(claim.messages[0].event.data)

        assert store.events()[0].event.data["user_id"] == ADA.subject
