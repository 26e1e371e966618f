"""Contract of EventPublisher: None only for a confirmed event, one result per event, and bounded waiting."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from orders_adapters.testing.examples import ADA, NOON, only, placed
from orders_adapters.testing.threads import at_once
from orders_domain import Event, OrderStatus
from orders_domain.model import events
from orders_domain.ports.event_publisher import EventPublisher


@dataclass(frozen=True, kw_only=True)
class PublisherHarness:
    """A publisher, the events that arrived so far (oldest first), and a function that closes the connection."""

    publisher: EventPublisher
    arrived: Callable[[], list[Event]]
    close: Callable[[], None]


def placings(count: int) -> list[Event]:
    return [events.event_for(order.new_entries[0], order) for order in (placed() for _ in range(count))]


def life_of_an_order() -> list[Event]:
    order = placed()
    order.change_status(only(OrderStatus.PAID), by=ADA, at=NOON)
    order.change_status(only(OrderStatus.CANCELED), by=ADA, at=NOON)
    return [events.event_for(entry, order) for entry in order.new_entries]


class EventPublisherTests:
    """Promises of ``EventPublisher``.

    A subclass has the fixture ``harness``: a publisher and what arrived (``PublisherHarness``).
    """

    def test_events_arrive_unchanged_in_order(self, harness: PublisherHarness) -> None:
        sent = life_of_an_order()

        assert list(harness.publisher.publish(sent)) == [None, None, None]

        assert harness.arrived() == sent

    def test_thousand_events_arrive_in_order(self, harness: PublisherHarness) -> None:
        sent = placings(1_000)

        assert list(harness.publisher.publish(sent)) == [None] * 1_000

        assert harness.arrived() == sent

    def test_consecutive_publish_calls_succeed(self, harness: PublisherHarness) -> None:
        sent = placings(5)

        for event in sent:
            assert list(harness.publisher.publish([event])) == [None]

        assert harness.arrived() == sent

    def test_event_can_be_published_twice(self, harness: PublisherHarness) -> None:
        (event,) = placings(1)

        assert list(harness.publisher.publish([event])) == list(harness.publisher.publish([event])) == [None]

        assert harness.arrived() == [event, event]

    def test_empty_batch_publishes_nothing(self, harness: PublisherHarness) -> None:
        assert list(harness.publisher.publish([])) == []

    def test_shared_publisher_preserves_order_per_thread(self, harness: PublisherHarness) -> None:
        batches = [placings(40) for _ in range(8)]

        results = at_once(*(partial(harness.publisher.publish, batch) for batch in batches))

        assert [list(result) for result in results if not isinstance(result, Exception)] == [[None] * 40] * 8
        arrived = harness.arrived()
        assert len(arrived) == 320
        for batch in batches:
            ids = {event.id for event in batch}
            assert [event for event in arrived if event.id in ids] == batch
