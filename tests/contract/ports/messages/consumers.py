"""Message consumers under test: how messages are published, and which messages are dead-lettered."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from orders_adapters.kafka.message_consumer import REASON as KAFKA_REASON
from orders_adapters.kafka.message_consumer import KafkaMessageConsumer as InKafka
from orders_adapters.memory.message_consumer import InMemoryMessageConsumer as InMemory
from orders_adapters.rabbitmq.message_consumer import REASON
from orders_adapters.rabbitmq.message_consumer import RabbitMqMessageConsumer as InRabbitMQ
from orders_adapters.rabbitmq.topology import ConsumerQueue
from orders_adapters.testing.message_consumer import ConsumerHarness
from tests.support.servers.kafka import KafkaServer
from tests.support.servers.rabbitmq import RabbitServer

FAST_REBALANCE = {"session.timeout.ms": "3000", "heartbeat.interval.ms": "300", "log_level": "0"}
"""Partitions of a dead consumer are reassigned soon because the session timeout is short."""


def in_memory() -> ConsumerHarness:
    consumer = InMemory()
    return ConsumerHarness(
        put=consumer.waiting.extend, consumer=lambda: consumer, dead_letters=lambda: list(consumer.dead_letters)
    )


def in_rabbitmq(server: RabbitServer, *, url: str | None = None) -> ConsumerHarness:
    inbound = ConsumerQueue(queue=server.queue("inlet"))

    def put(messages: Sequence[bytes]) -> None:
        with server.channel() as channel:
            inbound.declare(channel)
            channel.confirm_delivery()
            for message in messages:
                channel.basic_publish("", inbound.queue, message, mandatory=True)

    def dead_letters() -> list[tuple[bytes, str]]:
        with server.channel() as channel:
            messages: list[tuple[Any, Any, Any]] = list(
                iter(lambda: channel.basic_get(inbound.dead_letter, auto_ack=True), (None, None, None))
            )
        return [(body, properties.headers[REASON]) for _, properties, body in messages]

    return ConsumerHarness(
        put=put, consumer=lambda: InRabbitMQ(url or server.url, inbound, timeout=5.0), dead_letters=dead_letters
    )


def joined(harness: ConsumerHarness) -> ConsumerHarness:
    """The harness with a consumer that has already joined its group, because joining takes Kafka three seconds."""
    first = [harness.consumer()]
    first[0].poll(lambda _: None, timeout=0.01)
    return replace(harness, consumer=lambda: first.pop() if first else harness.consumer())


def in_kafka(server: KafkaServer) -> ConsumerHarness:
    topic, group = server.topic("inlet"), server.name("group")
    server.make(f"{topic}.dlq")

    def dead_letters() -> list[tuple[bytes, str]]:
        records = server.records(f"{topic}.dlq")
        return [(record.value() or b"", server.headers(record)[KAFKA_REASON]) for record in records]

    return ConsumerHarness(
        put=lambda messages: server.send(topic, messages, key="one partition"),
        consumer=lambda: InKafka(server.servers, topic=topic, group=group, options=FAST_REBALANCE),
        dead_letters=dead_letters,
    )
