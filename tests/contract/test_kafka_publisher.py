"""Records on Kafka (librdkafka's mock cluster): their content, their order per order, and confirmed events only."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest

from orders_adapters.kafka.event_publisher import KafkaEventPublisher
from orders_adapters.serialization.broker_messages import published_data
from orders_adapters.testing.event_publisher import PublisherHarness
from orders_adapters.testing.examples import ADMIN, NOON, only, placed
from orders_adapters.testing.threads import at_once
from orders_domain import Event, OrderStatus
from orders_domain.errors import PublisherUnavailable
from orders_domain.model import events
from tests.contract.ports.messages.publishers import in_kafka
from tests.support.servers.ephemeral.server import HOST, free_port
from tests.support.servers.kafka import KafkaServer


@pytest.fixture
def harness(kafka_server: KafkaServer) -> Iterator[PublisherHarness]:
    harness = in_kafka(kafka_server)
    yield harness
    harness.close()


def notified() -> list[Event]:
    """The notifications of one order."""
    order = placed()
    order.number = 7
    order.new_entries.clear()
    for status in (OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED):
        order.change_status(only(status), by=ADMIN, at=NOON)
    return events.notification_events(order)


def published(sent: list[Event]) -> list[Event]:
    """The events as consumers read them."""
    return [replace(event, data=published_data(event)) for event in sent]


def test_events_of_an_order_arrive_in_order(harness: PublisherHarness) -> None:
    sent = notified()

    assert list(harness.publisher.publish(sent)) == [None, None, None]

    assert harness.arrived() == published(sent)


def test_thousand_events_arrive_in_order(harness: PublisherHarness) -> None:
    sent = [event for _ in range(334) for event in notified()]

    assert list(harness.publisher.publish(sent)) == [None] * len(sent)

    assert by_order(harness.arrived()) == by_order(published(sent))


def by_order(events: list[Event]) -> dict[UUID, list[Event]]:
    events_by_order: dict[UUID, list[Event]] = {}
    for event in events:
        events_by_order.setdefault(event.order_id, []).append(event)
    return events_by_order


def test_threads_share_a_publisher(harness: PublisherHarness) -> None:
    batches = [notified() for _ in range(8)]

    results = at_once(*(partial(harness.publisher.publish, batch) for batch in batches))

    assert [list(result) for result in results if not isinstance(result, Exception)] == [[None] * 3] * 8
    assert by_order(harness.arrived()) == by_order(published([event for batch in batches for event in batch]))


@pytest.mark.clause("003-08")
def test_record_is_the_notification_with_order_key(kafka_server: KafkaServer) -> None:
    topic = kafka_server.name("user-notifications")
    publisher = KafkaEventPublisher(kafka_server.servers, topic=topic)
    (event, *_) = notified()

    publisher.publish([event])

    (record,) = kafka_server.records(topic)
    publisher.close()
    assert json.loads(record.value() or b"") == published_data(event)
    assert record.key() == str(event.order_id).encode()


def test_empty_batch_needs_no_broker() -> None:
    assert KafkaEventPublisher(f"{HOST}:1", topic="t").publish([]) == ()


def test_unreachable_cluster_is_unavailable() -> None:
    publisher = KafkaEventPublisher(f"{HOST}:{free_port()}", topic="t", options={"log_level": "0"}, timeout=2.0)

    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(PublisherUnavailable):
            publisher.publish(notified())
        assert time.monotonic() - began < 8.0
    with pytest.raises(PublisherUnavailable):
        publisher.ping()
    publisher.close()


def test_recovered_cluster_gets_no_old_events(harness: PublisherHarness) -> None:
    with KafkaServer() as doomed:
        publisher = KafkaEventPublisher(doomed.servers, topic="t", options={"log_level": "0"}, timeout=2.0)
        assert list(publisher.publish(notified())) == [None] * 3

    with pytest.raises(PublisherUnavailable):
        publisher.publish(notified())
    publisher.close()
    after = notified()

    assert list(harness.publisher.publish(after)) == [None] * 3
    assert harness.arrived() == published(after)


def test_oversized_event_alone_is_rejected(harness: PublisherHarness) -> None:
    good, large = notified()[0], notified()[0]
    large = replace(large, data={**large.data, "user_id": "x" * 2_000_000})

    taken, refused = harness.publisher.publish([good, large])

    assert taken is None
    assert refused
    assert harness.arrived() == published([good])
