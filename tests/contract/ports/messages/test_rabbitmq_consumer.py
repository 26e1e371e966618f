"""Contract of the RabbitMQ consumer alone: lost connections, foreign retry counts, and preserved properties."""

import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from pika import BasicProperties

from orders_adapters.rabbitmq import message_consumer as rabbitmq
from orders_adapters.rabbitmq.message_consumer import RabbitMqMessageConsumer as InRabbitMQ
from orders_adapters.rabbitmq.parking_queue import ParkingQueue
from orders_adapters.rabbitmq.topology import ConsumerQueue
from orders_adapters.testing.message_consumer import poll_until
from orders_domain.errors import PrerequisiteMissing, RecipientDeferred, Unavailable
from tests.contract.ports.messages.consumers import in_rabbitmq
from tests.support.servers.proxy import Proxy
from tests.support.servers.rabbitmq import RabbitServer

pytestmark = pytest.mark.usefixtures("short_delays")


@pytest.fixture
def network(rabbitmq_server: RabbitServer) -> Iterator[Proxy]:
    with Proxy.before(rabbitmq_server.url) as network:
        yield network


@pytest.mark.parametrize("connected_before", [True, False])
def test_lost_broker_recovers_with_all_messages(
    rabbitmq_server: RabbitServer, network: Proxy, connected_before: bool
) -> None:
    harness = in_rabbitmq(rabbitmq_server, url=network.through(rabbitmq_server.url))
    harness.put([b"one", b"two"])
    consumer = harness.consumer()
    received: list[bytes] = []
    if connected_before:
        poll_until(consumer, received.append, lambda: bool(received))
    network.cut()

    with pytest.raises(Unavailable):
        consumer.poll(received.append, timeout=0.5)

    network.restore()
    poll_until(consumer, received.append, lambda: b"two" in received)
    consumer.close()
    # Messages acknowledged at the moment of the cut may be redelivered because the broker did not receive the ack.
    assert received in ([b"one", b"two"], [b"one", b"one", b"two"])


def test_unacknowledged_message_is_redelivered(rabbitmq_server: RabbitServer, network: Proxy) -> None:
    harness = in_rabbitmq(rabbitmq_server, url=network.through(rabbitmq_server.url))
    harness.put([b"one"])
    consumer = harness.consumer()
    received: list[bytes] = []

    def handle(message: bytes) -> str | None:
        received.append(message)
        if len(received) == 1:
            network.cut()
        return None

    with pytest.raises(Unavailable):
        poll_until(consumer, handle, lambda: False)
    network.restore()
    poll_until(consumer, handle, lambda: len(received) >= 2)

    assert received == [b"one"] * 2
    assert not consumer.poll(handle, timeout=0.5)
    consumer.close()


def test_early_message_returns_after_consumer_dies(
    rabbitmq_server: RabbitServer,
) -> None:
    harness = in_rabbitmq(rabbitmq_server)
    harness.put([b"early", b"second"])
    first, received = harness.consumer(), []

    def handle(message: bytes) -> str | None:
        received.append(message)
        if received == [b"early"]:
            raise PrerequisiteMissing("It is early.")
        return None

    poll_until(first, handle, lambda: len(received) >= 2)
    first.close()
    second = harness.consumer()
    poll_until(second, handle, lambda: len(received) >= 3)
    second.close()

    assert received == [b"early", b"second", b"early"]


def test_early_message_is_acked_after_its_copy(rabbitmq_server: RabbitServer, network: Proxy) -> None:
    harness = in_rabbitmq(rabbitmq_server, url=network.through(rabbitmq_server.url))
    harness.put([b"early"])
    consumer, received = harness.consumer(), list[bytes]()

    def handle(message: bytes) -> str | None:
        received.append(message)
        if len(received) == 1:
            network.cut()
        if len(received) <= 3:
            raise PrerequisiteMissing("It is early.")
        return None

    with pytest.raises(Unavailable):
        poll_until(consumer, handle, lambda: False)
    network.restore()
    with suppress(Unavailable):  # the connection from before
        consumer.poll(handle, timeout=0.5)
    poll_until(consumer, handle, lambda: len(received) >= 4)

    while consumer.poll(handle, timeout=1.0):  # a copy of a message whose acknowledgement the broker did not receive
        pass
    consumer.close()
    assert len(received) <= 6
    assert harness.dead_letters() == []


def test_foreign_retry_count_does_not_loop(rabbitmq_server: RabbitServer) -> None:
    inbound = ConsumerQueue(queue=rabbitmq_server.queue("counted"))
    consumer, tries = InRabbitMQ(rabbitmq_server.url, inbound), 0
    counted = BasicProperties(headers={rabbitmq.RETRY_COUNT: -1_000, "theirs": "kept"})
    with rabbitmq_server.channel() as channel:
        inbound.declare(channel)
        channel.basic_publish("", inbound.queue, b"early", counted)

    def handle(message: bytes) -> str | None:
        nonlocal tries
        tries += 1
        raise PrerequisiteMissing("It is early.")

    poll_until(consumer, handle, lambda: tries > rabbitmq.MAX_RETRIES)
    consumer.close()

    with rabbitmq_server.channel() as channel:
        _, properties, _ = channel.basic_get(inbound.dead_letter, auto_ack=True)
    expected = {"theirs": "kept", rabbitmq.REASON: "It is early."}
    assert properties.headers.items() - {("x-delivery-count", 0)} == expected.items()


@pytest.mark.parametrize("early", [True, False])
def test_parked_message_retains_its_properties(rabbitmq_server: RabbitServer, early: bool) -> None:
    inbound = ConsumerQueue(queue=rabbitmq_server.queue("properties"))
    properties = BasicProperties(
        content_type="application/json", content_encoding="utf-8", priority=3, correlation_id="c", reply_to="r",
        message_id="m", timestamp=1_700_000_000, type="shipped", app_id="carrier", user_id="guest",
    )  # fmt: skip
    parking_queue = ParkingQueue(rabbitmq_server.url, queue=inbound.retry if early else inbound.dead_letter, timeout=5)

    parking_queue.publish(b"{}", properties, headers={"x": 1}, ours={"y": 2}, timeout=60 if early else None)

    parking_queue.close()
    with rabbitmq_server.channel() as channel:
        _, stored, body = channel.basic_get(inbound.retry if early else inbound.dead_letter, auto_ack=True)
    assert properties.headers is None
    changed = {"delivery_mode": 2, "expiration": "60000" if early else None, "user_id": None}
    assert stored.headers == {"x": 1, "y": 2}
    assert (body, vars(stored)) == (b"{}", vars(properties) | changed | {"headers": stored.headers})


def test_existing_queue_of_other_type_is_consumed(rabbitmq_server: RabbitServer) -> None:
    inbound = ConsumerQueue(queue=rabbitmq_server.queue("classic"))
    with rabbitmq_server.channel() as channel:
        channel.queue_declare(inbound.queue, durable=True)
        channel.basic_publish("", inbound.queue, b"one")
    consumer = InRabbitMQ(rabbitmq_server.url, inbound)
    received: list[bytes] = []

    poll_until(consumer, received.append, lambda: bool(received))

    assert received == [b"one"]
    consumer.close()


def test_former_dead_letters_do_not_keep_the_queue_away(rabbitmq_server: RabbitServer) -> None:
    """An earlier release declared a classic queue of dead letters; the main queue was deleted since."""
    queue = ConsumerQueue(queue=rabbitmq_server.queue("inlet"))
    with rabbitmq_server.channel() as channel:
        channel.queue_declare(queue.dead_letter, durable=True)

    with closing(InRabbitMQ(rabbitmq_server.url, queue, timeout=5.0)) as consumer:
        assert not consumer.poll(lambda _: None, timeout=0.1)


def test_deferred_letter_backs_off_alone(rabbitmq_server: RabbitServer) -> None:
    harness = in_rabbitmq(rabbitmq_server)
    harness.put([b"deferred", b"one", b"two"])
    consumer = harness.consumer()
    tried: list[float] = []
    others: list[bytes] = []

    def handle(message: bytes) -> str | None:
        if message != b"deferred":
            others.append(message)
            return None
        tried.append(time.monotonic())
        if len(tried) <= 2:
            raise RecipientDeferred("The mail server replied 450 mailbox full")
        return None

    poll_until(consumer, handle, lambda: len(others) == 2)
    assert len(tried) == 1
    poll_until(consumer, handle, lambda: len(tried) == 3)

    first, second = tried[1] - tried[0], tried[2] - tried[1]
    assert first >= rabbitmq.RETRY_DELAY
    assert second >= 2 * rabbitmq.RETRY_DELAY
    consumer.close()
