"""Promises of DeadLetters on every adapter: nothing is lost by looking, and what is requeued is consumed again."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest
from pika import BasicProperties

from orders_adapters.memory.message_consumer import InMemoryDeadLetters, InMemoryMessageConsumer
from orders_adapters.rabbitmq.dead_letters import RabbitMqDeadLetters
from orders_adapters.rabbitmq.message_consumer import REASON, RETRY_COUNT, RabbitMqMessageConsumer
from orders_adapters.rabbitmq.topology import ConsumerQueue
from orders_adapters.testing.message_consumer import TIMEOUT, DeadLettersHarness, DeadLettersTests, poll_until
from orders_domain.errors import BrokerUnavailable
from tests.support.servers.proxy import Proxy
from tests.support.servers.rabbitmq import RabbitServer


def in_memory() -> DeadLettersHarness:
    consumers = {name: InMemoryMessageConsumer() for name in ("tracking", "payments")}
    return DeadLettersHarness(
        names=("tracking", "payments"),
        put=lambda queue, bodies: consumers[queue].waiting.extend(bodies),
        consumers=dict(consumers),
        letters=InMemoryDeadLetters(consumers),
    )


def in_rabbitmq(server: RabbitServer) -> DeadLettersHarness:
    queues = {name: ConsumerQueue(queue=name) for name in (server.queue("tracking"), server.queue("payments"))}

    def put(queue: str, bodies: Sequence[bytes]) -> None:
        with server.channel() as channel:
            queues[queue].declare(channel)
            for body in bodies:
                channel.basic_publish("", queue, body, mandatory=True)

    first, second = queues
    return DeadLettersHarness(
        names=(first, second),
        put=put,
        consumers={name: RabbitMqMessageConsumer(server.url, each, timeout=5.0) for name, each in queues.items()},
        letters=RabbitMqDeadLetters(server.url, list(queues.values())),
    )


@pytest.fixture(params=["memory", "rabbitmq"])
def queues(request: pytest.FixtureRequest) -> Iterator[DeadLettersHarness]:
    made = in_memory() if request.param == "memory" else in_rabbitmq(request.getfixturevalue("rabbitmq_server"))
    yield made
    for consumer in made.consumers.values():
        consumer.close()


class TestDeadLetters(DeadLettersTests):
    """On every adapter."""


def test_requeued_message_has_its_own_headers_only(rabbitmq_server: RabbitServer) -> None:
    """Its retries start again, and a list of further queues has no effect."""
    queue, other = ConsumerQueue(queue=rabbitmq_server.queue("inlet")), rabbitmq_server.name("other")
    headers: dict[str, Any] = {"trace": "1", "CC": [other], RETRY_COUNT: 13, REASON: "bad", "x-death": [{"count": 1}]}
    with rabbitmq_server.channel() as channel:
        queue.declare(channel)
        channel.queue_declare(other)
        properties = BasicProperties(headers=headers, message_id="7", content_type="application/json", user_id="guest")
        channel.basic_publish("", queue.dead_letter, b"{}", properties)

    assert RabbitMqDeadLetters(rabbitmq_server.url, [queue]).requeue() == 1

    with rabbitmq_server.channel() as channel:
        _, found, body = channel.basic_get(queue.queue, auto_ack=True)
        assert found.headers.keys() - {"x-delivery-count"} == {"trace"}  # the queue counts deliveries
        assert (found.message_id, found.content_type) == ("7", "application/json")
        assert (body, found.delivery_mode, found.user_id) == (b"{}", 2, None)
        assert channel.queue_declare(other, passive=True).method.message_count == 1  # of the publication above


def test_message_stays_if_its_queue_is_gone(rabbitmq_server: RabbitServer) -> None:
    queue = ConsumerQueue(queue=rabbitmq_server.queue("inlet"))
    with rabbitmq_server.channel() as channel:
        channel.queue_declare(queue.dead_letter, durable=True)
        channel.basic_publish("", queue.dead_letter, b"{}")
    letters = RabbitMqDeadLetters(rabbitmq_server.url, [queue])

    with pytest.raises(BrokerUnavailable):
        letters.requeue()

    assert letters.select(limit=10).total == 1


def test_missing_broker_is_unavailable() -> None:
    letters = RabbitMqDeadLetters("amqp://127.0.0.1:1", [ConsumerQueue(queue="tracking")])

    for use in (lambda: letters.select(limit=1), letters.requeue):
        with pytest.raises(BrokerUnavailable):
            use()


def test_killed_resend_loses_no_message(rabbitmq_server: RabbitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends between the publication of a message and its acknowledgement: the message is in both queues."""
    queue = ConsumerQueue(queue=rabbitmq_server.queue("inlet"))
    with rabbitmq_server.channel() as channel:
        queue.declare(channel)
        for body in (b"one", b"two"):
            channel.basic_publish("", queue.dead_letter, body)
    letters = RabbitMqDeadLetters(rabbitmq_server.url, [queue])

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pika.adapters.blocking_connection.BlockingChannel.basic_ack", die)
    with pytest.raises(KeyboardInterrupt):
        letters.requeue()
    monkeypatch.undo()

    assert letters.select(limit=10).total == 2
    with closing(RabbitMqMessageConsumer(rabbitmq_server.url, queue, timeout=5.0)) as consumer:
        seen: list[bytes] = []
        poll_until(consumer, seen.append, lambda: seen == [b"one"])


def test_listed_messages_keep_their_sequence(rabbitmq_server: RabbitServer) -> None:
    """More of them than the broker returns in sequence by chance; also those behind the limit of a list."""
    queue = ConsumerQueue(queue=rabbitmq_server.queue("inlet"))
    bodies = [f"{number}" for number in range(60)]
    with rabbitmq_server.channel() as channel:
        queue.declare(channel)
        channel.confirm_delivery()
        for body in bodies:
            channel.basic_publish("", queue.dead_letter, body.encode())
    letters = RabbitMqDeadLetters(rabbitmq_server.url, [queue])

    for limit in (50, 50, 100, 100):
        _wait_for(letters, len(bodies))
        assert [letter.excerpt for letter in letters.select(limit=limit).letters] == bodies[:limit]

    _wait_for(letters, len(bodies))
    assert letters.requeue() == len(bodies)
    with closing(RabbitMqMessageConsumer(rabbitmq_server.url, queue, timeout=5.0)) as consumer:
        seen: list[bytes] = []
        poll_until(consumer, seen.append, lambda: len(seen) == len(bodies))
    assert [body.decode() for body in seen] == bodies


def _wait_for(letters: RabbitMqDeadLetters, number: int) -> None:
    """Wait until so many are in the queue, because they return soon after a response."""
    deadline = time.monotonic() + TIMEOUT
    while letters.select(limit=0).total != number:
        time.sleep(0.05)
        assert time.monotonic() < deadline


@pytest.mark.deep
@pytest.mark.timeout(60)
def test_broker_that_freezes_meanwhile_is_given_up(rabbitmq_server: RabbitServer) -> None:
    """A console's request waits for it."""
    queue = ConsumerQueue(queue=rabbitmq_server.queue("inlet"))
    with rabbitmq_server.channel() as channel:
        queue.declare(channel)
        channel.basic_publish("", queue.dead_letter, b"{}")
    with Proxy.before(rabbitmq_server.url) as proxy:
        proxy.hang_at(queue.dead_letter.encode(), done=True)
        started = time.monotonic()

        with pytest.raises(BrokerUnavailable):
            RabbitMqDeadLetters(proxy.through(rabbitmq_server.url), [queue]).select(limit=1)

        assert time.monotonic() - started < 20
