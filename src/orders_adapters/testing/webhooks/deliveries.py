"""Contract of WebhookQueue: an event is queued once for an endpoint, and one process at a time delivers it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from orders_adapters.testing.examples import NOON, new_id
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_adapters.testing.webhooks.endpoints import an_endpoint
from orders_domain.model.webhooks.delivery import (
    DeliveryAttempt,
    DeliveryNotFound,
    DeliveryState,
    WebhookDelivery,
    WebhookMessage,
)
from orders_domain.model.webhooks.endpoint import WEBHOOK_TYPES, DisabledReason, WebhookEndpoint, WebhookNotFound
from orders_domain.ports.webhooks.deliveries import DeliveryBacklog, NewDelivery, QueuePosition

LATER = NOON + timedelta(minutes=1)
LAST = NOON + timedelta(days=40)
FIRST = QueuePosition(cursor="a" * 43, read_at=NOON)
SECOND = QueuePosition(cursor="b" * 43, read_at=LATER, since=NOON)
DONE = DeliveryAttempt(at=NOON, status=204, milliseconds=12)
BROKEN = DeliveryAttempt(at=NOON, status=500)


def a_message(*, order_id: UUID | None = None, version: int = 1) -> WebhookMessage:
    body = bytes(range(256))  # which no text could store
    return WebhookMessage(id=new_id(), type=WEBHOOK_TYPES[0], order_id=order_id or new_id(), version=version, body=body)


def stored(store: StoreHarness, name: str = "one", *, ordered: bool = False) -> WebhookEndpoint:
    endpoint = an_endpoint(name, ordered=ordered)
    store.webhooks.add(endpoint, limit=9)
    return endpoint


def queued(store: StoreHarness, endpoint: WebhookEndpoint, *messages: WebhookMessage) -> list[WebhookDelivery]:
    """New deliveries of the messages, due at noon."""
    return [
        store.webhook_queue.add(NewDelivery(endpoint_id=endpoint.id, message=each), now=NOON, due_at=NOON)
        for each in messages or (a_message(),)
    ]


def claimed(
    store: StoreHarness, endpoint: WebhookEndpoint, *, now: datetime = NOON, limit: int = 9
) -> Sequence[WebhookDelivery]:
    """Deliveries that are leased for a minute."""
    until = now + timedelta(minutes=1)
    return store.webhook_queue.claim(endpoint.id, now=now, until=until, limit=limit)


def finish(store: StoreHarness, delivery: WebhookDelivery, attempt: DeliveryAttempt = DONE) -> WebhookDelivery:
    after = delivery.attempted(attempt, now=NOON, retry_after=timedelta(0))
    assert store.webhook_queue.record(after, lease=delivery.due_at)
    return after


class WebhookQueueTests:
    """Promises of ``WebhookQueue``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_delivery_is_read_with_all_members(self, store: StoreHarness) -> None:
        endpoint, message = stored(store), a_message()

        (delivery,) = queued(store, endpoint, message)

        assert delivery.message == message
        assert delivery == replace(delivery, endpoint_id=endpoint.id, created_at=NOON, due_at=NOON, tries=0)
        assert store.webhook_queue.get(endpoint.id, delivery.id) == delivery
        (claim,) = claimed(store, endpoint)
        assert claim == replace(delivery, due_at=LATER)
        after = finish(store, claim)
        assert (after.state, after.attempts) == (DeliveryState.DELIVERED, (DONE,))
        assert store.webhook_queue.get(endpoint.id, delivery.id) == after

    def test_position_and_deliveries_are_stored_together(self, store: StoreHarness) -> None:
        endpoint, queue = stored(store), store.webhook_queue
        new = [NewDelivery(endpoint_id=endpoint.id, message=a_message())]
        assert queue.position() is None

        moved = [
            queue.add_from_feed(new, previous=None, position=FIRST, now=NOON),
            queue.add_from_feed(new, previous=None, position=SECOND, now=NOON),
            queue.add_from_feed(new, previous=SECOND, position=FIRST, now=NOON),
        ]

        assert (moved, queue.position()) == ([True, False, False], FIRST)
        assert len(queue.search(endpoint.id).deliveries) == 1
        assert queue.add_from_feed([], previous=FIRST, position=SECOND, now=NOON)
        assert queue.position() == SECOND

    def test_one_process_moves_the_position(self, store: StoreHarness) -> None:
        endpoint, queue = stored(store), store.webhook_queue
        new = [[NewDelivery(endpoint_id=endpoint.id, message=a_message())] for _ in range(4)]

        def move(index: int) -> bool:
            return queue.add_from_feed(new[index], previous=None, position=FIRST, now=NOON)

        outcomes = at_once(*[lambda index=index: move(index) for index in range(4)])

        assert sorted(map(bool, outcomes)) == [False, False, False, True]
        assert len(queue.search(endpoint.id).deliveries) == 1

    def test_event_is_queued_once_for_an_endpoint(self, store: StoreHarness) -> None:
        one, two, message = stored(store, "one"), stored(store, "two"), a_message()
        new = [NewDelivery(endpoint_id=each.id, message=message) for each in (one, two)]
        store.webhook_queue.add_from_feed(new[:1], previous=None, position=FIRST, now=NOON)

        store.webhook_queue.add_from_feed(new, previous=FIRST, position=SECOND, now=NOON)

        assert [len(store.webhook_queue.search(each.id).deliveries) for each in (one, two)] == [1, 1]

    def test_removed_endpoint_gets_nothing(self, store: StoreHarness) -> None:
        endpoint, removed = stored(store), an_endpoint("two")
        new = [NewDelivery(endpoint_id=each.id, message=a_message()) for each in (removed, endpoint)]

        assert store.webhook_queue.add_from_feed(new, previous=None, position=FIRST, now=NOON)

        assert len(store.webhook_queue.search(endpoint.id).deliveries) == 1
        with pytest.raises(WebhookNotFound):
            store.webhook_queue.add(new[0], now=NOON, due_at=NOON)

    def test_one_process_gets_a_delivery(self, store: StoreHarness) -> None:
        endpoint = stored(store)
        queued(store, endpoint, *(a_message() for _ in range(6)))

        claims = at_once(*[lambda: claimed(store, endpoint, limit=2)] * 4)

        ids = [delivery.id for claim in claims if isinstance(claim, Sequence) for delivery in claim]
        assert len(ids) == len(set(ids)) <= 6
        assert claimed(store, endpoint, limit=9) == [] or len(ids) < 6

    def test_claim_ends_with_its_lease(self, store: StoreHarness) -> None:
        endpoint = stored(store)
        queued(store, endpoint)
        (first,) = claimed(store, endpoint)

        assert claimed(store, endpoint, now=LATER - timedelta(seconds=1)) == []
        (again,) = claimed(store, endpoint, now=LATER)

        assert again.message == first.message
        lost = first.attempted(DONE, now=LATER, retry_after=timedelta(0))
        assert not store.webhook_queue.record(lost, lease=first.due_at)
        assert store.webhook_queue.get(endpoint.id, first.id) == again

    def test_due_endpoints_are_those_with_due_deliveries(self, store: StoreHarness) -> None:
        due, late, _ = stored(store, "due"), stored(store, "late"), stored(store, "none")
        queued(store, due)
        store.webhook_queue.add(NewDelivery(endpoint_id=late.id, message=a_message()), now=NOON, due_at=LATER)

        assert store.webhook_queue.due_endpoints(now=NOON) == [due.id]
        assert set(store.webhook_queue.due_endpoints(now=LATER)) == {due.id, late.id}

    def test_disabled_endpoint_has_nothing_due(self, store: StoreHarness) -> None:
        endpoint = stored(store)
        (delivery,) = queued(store, endpoint)

        store.webhooks.update(endpoint.id, lambda each: each.disabled(DisabledReason.REQUESTED))

        assert store.webhook_queue.due_endpoints(now=LATER) == []
        assert claimed(store, endpoint) == []
        assert store.webhook_queue.backlog() == DeliveryBacklog(waiting=0, oldest_due=None)
        store.webhooks.update(endpoint.id, lambda each: each.enabled(starts_after="B" * 43))
        assert [each.id for each in claimed(store, endpoint)] == [delivery.id]

    def test_failed_attempt_is_due_later(self, store: StoreHarness) -> None:
        endpoint = stored(store)
        queued(store, endpoint)
        (delivery,) = claimed(store, endpoint)

        after = finish(store, delivery, BROKEN)

        assert claimed(store, endpoint, now=after.due_at - timedelta(seconds=1)) == []
        (again,) = claimed(store, endpoint, now=after.due_at)
        assert (again.tries, again.attempts) == (1, (BROKEN,))

    @pytest.mark.parametrize("ordered", [True, False])
    def test_ordered_endpoint_gets_an_order_in_order(self, store: StoreHarness, *, ordered: bool) -> None:
        endpoint, order_id = stored(store, ordered=ordered), new_id()
        messages = [a_message(order_id=order_id, version=version) for version in (2, 1, 3)]
        other = a_message()
        queued(store, endpoint, *messages, other)

        first = claimed(store, endpoint)

        assert [each.message.version for each in first if each.message.order_id == order_id] == (
            [1] if ordered else [2, 1, 3]
        )
        assert other in [each.message for each in first]
        assert (claimed(store, endpoint) == []) is True
        if ordered:
            (head,) = [each for each in first if each.message.order_id == order_id]
            finish(store, head)
            assert [each.message.version for each in claimed(store, endpoint)] == [2]

    def test_finished_delivery_can_be_requeued(self, store: StoreHarness) -> None:
        endpoint, other = stored(store, "one"), stored(store, "two")
        queued(store, endpoint, a_message(), a_message())
        done, waiting = claimed(store, endpoint)
        finish(store, done)

        counts = [
            store.webhook_queue.requeue(each.id, [done.id, waiting.id, 2**62], now=LATER) for each in (other, endpoint)
        ]

        assert counts == [0, 1]
        again = store.webhook_queue.get(endpoint.id, done.id)
        assert (again.state, again.due_at, again.tries, again.attempts) == (DeliveryState.WAITING, LATER, 0, (DONE,))

    def test_log_has_pages_newest_first(self, store: StoreHarness) -> None:
        endpoint = stored(store)
        deliveries = queued(store, endpoint, *(a_message() for _ in range(3)))
        queued(store, stored(store, "two"))
        finish(store, claimed(store, endpoint, limit=1)[0])

        page = store.webhook_queue.search(endpoint.id, limit=2)

        assert [each.id for each in page.deliveries] == [each.id for each in reversed(deliveries[1:])]
        rest = store.webhook_queue.search(endpoint.id, limit=2, before=page.next_before)
        assert ([each.id for each in rest.deliveries], rest.next_before) == ([deliveries[0].id], None)
        done = store.webhook_queue.search(endpoint.id, state=DeliveryState.DELIVERED)
        assert [each.id for each in done.deliveries] == [deliveries[0].id]
        assert store.webhook_queue.search(endpoint.id, before=2**70).deliveries[:1] == page.deliveries[:1]

    @pytest.mark.parametrize("delivery_id", [0, -1, 7_000, 2**63, 2**70])
    def test_unknown_delivery_is_reported(self, store: StoreHarness, delivery_id: int) -> None:
        endpoint = stored(store)
        (delivery,) = queued(store, endpoint)

        with pytest.raises(DeliveryNotFound):
            store.webhook_queue.get(endpoint.id, delivery_id)
        with pytest.raises(DeliveryNotFound):
            store.webhook_queue.get(new_id(), delivery.id)

    def test_backlog_counts_what_waits(self, store: StoreHarness) -> None:
        endpoint = stored(store)
        queued(store, endpoint, a_message(), a_message())
        finish(store, claimed(store, endpoint, limit=1)[0])

        assert store.webhook_queue.backlog() == DeliveryBacklog(waiting=1, oldest_due=NOON)

    def test_delivery_that_waits_for_an_earlier_one_is_not_due(self, store: StoreHarness) -> None:
        endpoint, order_id = stored(store, ordered=True), new_id()
        queued(store, endpoint, a_message(order_id=order_id), a_message(order_id=order_id, version=2))
        after = finish(store, claimed(store, endpoint)[0], BROKEN)

        assert store.webhook_queue.backlog() == DeliveryBacklog(waiting=2, oldest_due=after.due_at)

    def test_prune_deletes_what_is_old_and_finished(self, store: StoreHarness) -> None:
        endpoint, disabled = stored(store, "one"), stored(store, "two")
        queued(store, endpoint, a_message(), a_message())
        queued(store, disabled)
        finish(store, claimed(store, endpoint, limit=1)[0])
        store.webhooks.update(disabled.id, lambda each: each.disabled(DisabledReason.REQUESTED))

        counts = [store.webhook_queue.prune(created_before=at) for at in (NOON, LAST, LAST)]

        assert counts == [0, 2, 0]
        (left,) = store.webhook_queue.search(endpoint.id).deliveries
        assert left.state is DeliveryState.WAITING
        assert store.webhook_queue.search(disabled.id).deliveries == ()
