"""What only RabbitMQ's inlet promises: a broker that goes away, counts of others, and properties that stay."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from pika import BasicProperties

from orders_adapters.rabbitmq import message_consumer as rabbitmq
from orders_adapters.rabbitmq.message_consumer import RabbitMqMessageConsumer as InRabbitMQ
from orders_adapters.rabbitmq.parking_queue import ParkingQueue
from orders_adapters.rabbitmq.topology import ConsumerQueue
from orders_domain.errors import PrerequisiteMissing, Unavailable
from tests.contract.ports.consumers import in_rabbitmq, take_until
from tests.support.servers.proxy import Proxy
from tests.support.servers.rabbitmq import RabbitServer

pytestmark = pytest.mark.usefixtures("hurry")


@pytest.fixture
def network(rabbitmq_server: RabbitServer) -> Iterator[Proxy]:
    with Proxy.before(rabbitmq_server.url) as network:
        yield network


@pytest.mark.parametrize("connected_before", [True, False])
def test_lost_broker_recovers_with_all_messages(
    rabbitmq_server: RabbitServer, network: Proxy, connected_before: bool
) -> None:
    post = in_rabbitmq(rabbitmq_server, url=network.through(rabbitmq_server.url))
    post.put([b"one", b"two"])
    inlet = post.inlet()
    got: list[bytes] = []
    if connected_before:
        take_until(inlet, got.append, lambda: bool(got))
    network.cut()

    with pytest.raises(Unavailable):
        inlet.poll(got.append, timeout=0.5)

    network.restore()
    take_until(inlet, got.append, lambda: b"two" in got)
    inlet.close()
    # What was acknowledged in the moment of the cut may come again: the broker has not heard of it.
    assert got in ([b"one", b"two"], [b"one", b"one", b"two"])


def test_unacknowledged_message_is_redelivered(rabbitmq_server: RabbitServer, network: Proxy) -> None:
    post = in_rabbitmq(rabbitmq_server, url=network.through(rabbitmq_server.url))
    post.put([b"one"])
    inlet = post.inlet()
    got: list[bytes] = []

    def handle(message: bytes) -> str | None:
        got.append(message)
        if len(got) == 1:
            network.cut()
        return None

    with pytest.raises(Unavailable):
        take_until(inlet, handle, lambda: False)
    network.restore()
    take_until(inlet, handle, lambda: len(got) >= 2)

    assert got == [b"one"] * 2
    assert not inlet.poll(handle, timeout=0.5)
    inlet.close()


def test_early_message_returns_after_consumer_dies(
    rabbitmq_server: RabbitServer,
) -> None:
    post = in_rabbitmq(rabbitmq_server)
    post.put([b"early", b"second"])
    first, got = post.inlet(), []

    def handle(message: bytes) -> str | None:
        got.append(message)
        if got == [b"early"]:
            raise PrerequisiteMissing("It is early.")
        return None

    take_until(first, handle, lambda: len(got) >= 2)
    first.close()
    second = post.inlet()
    take_until(second, handle, lambda: len(got) >= 3)
    second.close()

    assert got == [b"early", b"second", b"early"]


def test_early_message_is_acked_after_its_copy(rabbitmq_server: RabbitServer, network: Proxy) -> None:
    post = in_rabbitmq(rabbitmq_server, url=network.through(rabbitmq_server.url))
    post.put([b"early"])
    inlet, got = post.inlet(), list[bytes]()

    def handle(message: bytes) -> str | None:
        got.append(message)
        if len(got) == 1:
            network.cut()
        if len(got) <= 3:
            raise PrerequisiteMissing("It is early.")
        return None

    with pytest.raises(Unavailable):
        take_until(inlet, handle, lambda: False)
    network.restore()
    with suppress(Unavailable):  # the connection of before
        inlet.poll(handle, timeout=0.5)
    take_until(inlet, handle, lambda: len(got) >= 4)

    while inlet.poll(handle, timeout=1.0):  # a copy whose message the broker did not hear to be acknowledged
        pass
    inlet.close()
    assert len(got) <= 6
    assert post.dead() == []


def test_foreign_retry_count_does_not_loop(rabbitmq_server: RabbitServer) -> None:
    inbound = ConsumerQueue(queue=rabbitmq_server.queue("counted"))
    inlet, tries = InRabbitMQ(rabbitmq_server.url, inbound), 0
    counted = BasicProperties(headers={rabbitmq.ATTEMPTS_HEADER: -1_000, "theirs": "kept"})
    with rabbitmq_server.channel() as channel:
        inbound.declare(channel)
        channel.basic_publish("", inbound.queue, b"early", counted)

    def handle(message: bytes) -> str | None:
        nonlocal tries
        tries += 1
        raise PrerequisiteMissing("It is early.")

    take_until(inlet, handle, lambda: tries > rabbitmq.MAX_RETRIES)
    inlet.close()

    with rabbitmq_server.channel() as channel:
        _, properties, _ = channel.basic_get(inbound.dead_letter, auto_ack=True)
    assert properties.headers == {"theirs": "kept", rabbitmq.REASON: "It is early."}


@pytest.mark.parametrize("early", [True, False])
def test_parked_message_retains_its_properties(rabbitmq_server: RabbitServer, early: bool) -> None:
    inbound = ConsumerQueue(queue=rabbitmq_server.queue("properties"))
    theirs = BasicProperties(
        content_type="application/json", content_encoding="utf-8", priority=3, correlation_id="c", reply_to="r",
        message_id="m", timestamp=1_700_000_000, type="shipped", app_id="carrier", user_id="guest",
    )  # fmt: skip
    aside = ParkingQueue(rabbitmq_server.url, queue=inbound.retry if early else inbound.dead_letter, timeout=5)

    aside.publish(b"{}", theirs, headers={"x": 1}, timeout=60 if early else None)

    aside.close()
    with rabbitmq_server.channel() as channel:
        _, kept, body = channel.basic_get(inbound.retry if early else inbound.dead_letter, auto_ack=True)
    assert theirs.headers is None
    changed = {"headers": {"x": 1}, "delivery_mode": 2, "expiration": "60000" if early else None, "user_id": None}
    assert (body, vars(kept)) == (b"{}", vars(theirs) | changed)


def test_existing_queue_of_other_type_is_consumed(rabbitmq_server: RabbitServer) -> None:
    inbound = ConsumerQueue(queue=rabbitmq_server.queue("classic"))
    with rabbitmq_server.channel() as channel:
        channel.queue_declare(inbound.queue, durable=True)
        channel.basic_publish("", inbound.queue, b"one")
    inlet = InRabbitMQ(rabbitmq_server.url, inbound)
    got: list[bytes] = []

    take_until(inlet, got.append, lambda: bool(got))

    assert got == [b"one"]
    inlet.close()
