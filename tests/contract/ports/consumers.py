"""The inlets under test: how messages are put in, and what lies among the dead letters."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from orders_adapters.kafka.message_consumer import REASON as KAFKA_REASON
from orders_adapters.kafka.message_consumer import KafkaMessageConsumer as InKafka
from orders_adapters.memory.message_consumer import InMemoryMessageConsumer as InMemory
from orders_adapters.rabbitmq.message_consumer import REASON
from orders_adapters.rabbitmq.message_consumer import RabbitMqMessageConsumer as InRabbitMQ
from orders_adapters.rabbitmq.topology import ConsumerQueue
from orders_domain.ports.message_consumer import MessageConsumer
from tests.support.servers.kafka import KafkaServer
from tests.support.servers.rabbitmq import RabbitServer

PATIENCE = 60  # seconds
QUICK = {"session.timeout.ms": "3000", "heartbeat.interval.ms": "300", "log_level": "0"}
"""A dead consumer's partitions are given to others soon."""


@dataclass(frozen=True, kw_only=True)
class Post:
    """Somewhere to put messages, inlets that take them, and the dead letters with their reasons."""

    put: Callable[[Sequence[bytes]], None]
    inlet: Callable[[], MessageConsumer]
    dead: Callable[[], list[tuple[bytes, str]]]


def in_memory() -> Post:
    inlet = InMemory()
    return Post(put=inlet.waiting.extend, inlet=lambda: inlet, dead=lambda: list(inlet.dead_letters))


def in_rabbitmq(server: RabbitServer, *, url: str | None = None) -> Post:
    inbound = ConsumerQueue(queue=server.queue("inlet"))

    def put(messages: Sequence[bytes]) -> None:
        with server.channel() as channel:
            inbound.declare(channel)
            channel.confirm_delivery()
            for message in messages:
                channel.basic_publish("", inbound.queue, message, mandatory=True)

    def dead() -> list[tuple[bytes, str]]:
        with server.channel() as channel:
            found: list[tuple[Any, Any, Any]] = list(
                iter(lambda: channel.basic_get(inbound.dead_letter, auto_ack=True), (None, None, None))
            )
        return [(body, properties.headers[REASON]) for _, properties, body in found]

    return Post(put=put, inlet=lambda: InRabbitMQ(url or server.url, inbound, timeout=5.0), dead=dead)


def joining(post: Post) -> Post:
    """The post, whose first inlet joins its group already, for which Kafka takes three seconds."""
    first = [post.inlet()]
    first[0].poll(lambda _: None, timeout=0.01)
    return replace(post, inlet=lambda: first.pop() if first else post.inlet())


def in_kafka(server: KafkaServer) -> Post:
    topic, group = server.topic("inlet"), server.name("group")
    server.make(f"{topic}.dead")

    def dead() -> list[tuple[bytes, str]]:
        records = server.records(f"{topic}.dead")
        return [(one.value() or b"", server.headers(one)[KAFKA_REASON]) for one in records]

    return Post(
        put=lambda messages: server.send(topic, messages, key="one partition"),
        inlet=lambda: InKafka(server.servers, topic=topic, group=group, options=QUICK),
        dead=dead,
    )


def take_until(inlet: MessageConsumer, handle: Callable[[bytes], str | None], enough: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not enough():
        inlet.poll(handle, timeout=0.5)
        assert time.monotonic() < deadline, f"not enough within {PATIENCE} s"
