"""Event publishers under test, with a way to read what arrived."""

import json
from typing import Any

from orders_adapters.kafka.event_publisher import KafkaEventPublisher as InKafka
from orders_adapters.memory.event_publisher import InMemoryEventPublisher as InMemory
from orders_adapters.rabbitmq.event_publisher import RabbitMqEventPublisher as InRabbitMQ
from orders_adapters.serialization import cloudevents
from orders_adapters.testing.event_publisher import PublisherHarness
from orders_domain import Event
from tests.support.servers.kafka import KafkaServer
from tests.support.servers.rabbitmq import RabbitServer


def in_memory() -> PublisherHarness:
    publisher = InMemory()
    return PublisherHarness(publisher=publisher, arrived=lambda: list(publisher.published), close=lambda: None)


def in_rabbitmq(server: RabbitServer, *, url: str | None = None, timeout: float = 10.0) -> PublisherHarness:
    """A queue bound to the exchange receives every event. ``url`` is another route to the same server."""
    exchange, audience = server.name("exchange"), server.name("audience")
    with server.channel() as channel:
        channel.exchange_declare(exchange, exchange_type="topic", durable=True)
        channel.queue_declare(audience, durable=True)
        channel.queue_bind(audience, exchange, "#")

    def arrived() -> list[Event]:
        with server.channel() as channel:
            bodies = iter(lambda: channel.basic_get(audience, auto_ack=True)[2], None)
            return [cloudevents.read_event(body) for body in bodies]

    publisher = InRabbitMQ(url or server.url, queue=server.name("new_order"), exchange=exchange, timeout=timeout)
    return PublisherHarness(publisher=publisher, arrived=arrived, close=publisher.close)


def in_kafka(server: KafkaServer) -> PublisherHarness:
    """A separate topic, which retains all events that ever arrived, in the order of each partition."""
    topic = server.name("events")

    def arrived() -> list[Event]:
        records = sorted(server.records(topic), key=lambda record: record.timestamp()[1])
        return [
            cloudevents.read_event(_structured(server.headers(record), record.value() or b"")) for record in records
        ]

    publisher = InKafka(server.servers, topic=topic, timeout=15.0)
    return PublisherHarness(publisher=publisher, arrived=arrived, close=publisher.close)


def _structured(headers: dict[str, str], value: bytes) -> bytes:
    """The CloudEvent as one JSON document."""
    assert headers.pop("content-type") == "application/json"
    attributes: dict[str, Any] = {name.removeprefix("ce_"): text for name, text in headers.items()}
    attributes["orderversion"] = int(attributes["orderversion"])
    return json.dumps(attributes | {"data": json.loads(value)}).encode()
