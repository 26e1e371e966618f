"""Messages on a real RabbitMQ: the queue, the exchange, the layout of the messages, and their order."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import orjson
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from orders_adapters.rabbitmq import publisher_connection
from orders_adapters.rabbitmq.event_publisher import RabbitMqEventPublisher
from orders_adapters.rabbitmq.unconsumed_queues import unconsumed_queues
from orders_adapters.serialization import cloudevents
from orders_domain.model.events import ORDER_PLACED, ORDER_STATUS_CHANGED, Event
from tests.support.servers.rabbitmq import RabbitServer

NOON = datetime(2030, 5, 17, 12, tzinfo=UTC)


def an_event(version: int = 1, *, order_id: UUID | None = None) -> Event:
    order_id = order_id or uuid4()
    return Event(
        id=uuid5(order_id, str(version)),
        type=ORDER_PLACED if version == 1 else ORDER_STATUS_CHANGED,
        order_id=order_id,
        version=version,
        at=NOON + timedelta(seconds=version),
        data={"order_id": str(order_id), "user_id": "ada"},
    )


class Broker:
    """A publisher, with its task queue and a queue bound to all events."""

    def __init__(self, server: RabbitServer, channel: BlockingChannel) -> None:
        self.name, self.channel = server.name("desk"), channel
        self.publisher = RabbitMqEventPublisher(server.url, queue=self.name, exchange=self.name, timeout=5)
        self.publisher.ping()
        self.event_queue: str = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(self.event_queue, self.name, routing_key="#")

    def tasks(self) -> list[Any]:
        return self._take(self.name)

    def events_(self) -> list[Any]:
        return self._take(self.event_queue)

    def _take(self, queue: str) -> list[Any]:
        """All messages of a queue: (method, properties, body)."""
        return list(iter(lambda: self.channel.basic_get(queue, auto_ack=True), (None, None, None)))


@pytest.fixture
def broker(rabbitmq_server: RabbitServer) -> Iterator[Broker]:
    with rabbitmq_server.channel() as channel:
        broker = Broker(rabbitmq_server, channel)
        yield broker
        broker.publisher.close()


@pytest.mark.clause("001-05")
def test_placed_order_is_a_celery_task(broker: Broker) -> None:
    event = an_event()
    ids = {"order_id": str(event.order_id), "user_id": "ada"}

    assert broker.publisher.publish([event]) == [None]

    [(method, properties, body)] = broker.tasks()
    task = orjson.loads(body)
    assert {name: task[name] for name in ids} == ids
    assert task["kwargs"] == ids
    assert (task["task"], task["id"], task["args"]) == ("orders.new_order", str(event.id), [])
    assert (method.exchange, method.routing_key) == ("", broker.name)
    assert (properties.delivery_mode, properties.content_type) == (2, "application/json")


def test_event_is_routed_by_its_type(broker: Broker) -> None:
    events = [an_event(), an_event(2)]

    assert broker.publisher.publish(events) == [None, None]

    events_ = broker.events_()
    assert [cloudevents.read_event(body) for _, _, body in events_] == events
    assert [method.routing_key for method, _, _ in events_] == [event.type for event in events]
    assert [properties.message_id for _, properties, _ in events_] == [str(event.id) for event in events]
    assert {properties.content_type for _, properties, _ in events_} == {"application/cloudevents+json"}
    assert {properties.delivery_mode for _, properties, _ in events_} == {2}
    assert {properties.app_id for _, properties, _ in events_} == {"orders"}
    assert [properties.timestamp for _, properties, _ in events_] == [int(event.at.timestamp()) for event in events]


def test_only_placed_order_is_a_task(broker: Broker) -> None:
    broker.publisher.publish([an_event(2)])

    assert broker.tasks() == []


def test_event_without_listeners_succeeds(broker: Broker) -> None:
    broker.channel.queue_delete(broker.event_queue)

    assert broker.publisher.publish([an_event(2)]) == [None]


def test_five_thousand_events_arrive_in_order(broker: Broker) -> None:
    order_ids = [uuid4() for _ in range(50)]
    events = [an_event(version, order_id=order_id) for version in range(1, 101) for order_id in order_ids]

    assert set(broker.publisher.publish(events)) == {None}

    assert [UUID(properties.message_id) for _, properties, _ in broker.events_()] == [event.id for event in events]
    assert [UUID(properties.message_id) for _, properties, _ in broker.tasks()] == [event.id for event in events[:50]]


def test_deleted_queue_is_declared_again(broker: Broker) -> None:
    broker.channel.queue_delete(broker.name)
    events = [an_event(), an_event(2), an_event()]

    assert broker.publisher.publish(events) == [None, None, None]

    assert [properties.message_id for _, properties, _ in broker.tasks()] == [str(events[0].id), str(events[2].id)]


def test_empty_batch_needs_no_broker() -> None:
    assert RabbitMqEventPublisher("amqp://127.0.0.1:1").publish([]) == ()


@pytest.mark.parametrize("queue_type", ["classic", "quorum"])
def test_queue_is_durable_with_configured_type(rabbitmq_server: RabbitServer, queue_type: str) -> None:
    name = rabbitmq_server.name(queue_type)
    publisher = RabbitMqEventPublisher(rabbitmq_server.url, queue=name, exchange=name, queue_type=queue_type)

    assert publisher.publish([an_event()]) == [None]

    with rabbitmq_server.channel() as channel:  # an equal declaration succeeds; a different one would be rejected
        channel.queue_declare(name, durable=True, arguments={"x-queue-type": queue_type})
        channel.exchange_declare(name, "topic", durable=True)
    publisher.close()


def test_only_a_new_queue_delays_its_first_message(
    rabbitmq_server: RabbitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher_connection, "NEW_QUEUE_DELAY", 1.0)
    queue = rabbitmq_server.name("desk")
    seconds = []
    for _ in range(2):
        publisher = RabbitMqEventPublisher(rabbitmq_server.url, queue=queue, exchange=queue)
        publisher.ping()
        for _ in range(2):
            began = time.monotonic()
            assert publisher.publish([an_event()]) == [None]
            seconds.append(time.monotonic() - began)
        publisher.close()

    assert seconds[0] > 0.5
    assert max(seconds[1:]) < 0.5


def test_tasks_can_be_switched_off(rabbitmq_server: RabbitServer) -> None:
    name = rabbitmq_server.name("no-tasks")
    publisher = RabbitMqEventPublisher(rabbitmq_server.url, queue=None, exchange=name)
    with rabbitmq_server.channel() as channel:
        publisher.ping()
        events = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(events, name, routing_key="#")

        assert publisher.publish([an_event()]) == [None]

        assert channel.queue_declare(events, passive=True).method.message_count == 1
        assert publisher.unconsumed_queue() is None
    publisher.close()


def test_unconsumed_queue_is_named(broker: Broker) -> None:
    assert broker.publisher.unconsumed_queue() is None
    broker.publisher.publish([an_event()])

    assert f"{broker.name} has 1 tasks and no consumer" in (broker.publisher.unconsumed_queue() or "")

    broker.channel.basic_consume(broker.name, lambda *_: None)
    assert broker.publisher.unconsumed_queue() is None


def test_queues_without_a_consumer_are_named(rabbitmq_server: RabbitServer) -> None:
    name = rabbitmq_server.queue("former")
    queues = {"no-such-queue": "none.", name: "delete it."}
    with rabbitmq_server.channel() as channel:
        channel.queue_declare(name)
        empty = unconsumed_queues(rabbitmq_server.url, queues)
        channel.confirm_delivery()
        channel.basic_publish("", name, b"{}")

        assert unconsumed_queues(rabbitmq_server.url, queues) == [
            f"The queue {name} has 1 messages and no consumer; delete it."
        ]

        channel.basic_consume(name, lambda *_: None)
        assert empty == unconsumed_queues(rabbitmq_server.url, queues) == []
    assert unconsumed_queues("amqp://127.0.0.1:1", queues) == []
