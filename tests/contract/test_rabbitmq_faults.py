"""A broker that is away, silent or differently furnished: bounded in time, nothing lost."""

import logging
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from orders_adapters.rabbitmq.event_publisher import RabbitMqEventPublisher
from orders_domain.errors import PublisherUnavailable
from tests.contract.test_rabbitmq_publisher import an_event
from tests.support.depth import effort
from tests.support.servers.proxy import Proxy
from tests.support.servers.rabbitmq import RabbitServer

TIMEOUT = effort(1.0, 2.0)


def refused_within(seconds: float, publisher: RabbitMqEventPublisher) -> str:
    """The sentence with which a publish gives up, in time."""
    began = time.monotonic()
    with pytest.raises(PublisherUnavailable) as refusal:
        publisher.publish([an_event()])
    assert time.monotonic() - began < seconds
    return str(refusal.value)


@pytest.fixture
def network(rabbitmq_server: RabbitServer) -> Iterator[Proxy]:
    with Proxy.before(rabbitmq_server.url) as network:
        yield network


@pytest.fixture
def publisher(rabbitmq_server: RabbitServer, network: Proxy) -> Iterator[RabbitMqEventPublisher]:
    name = rabbitmq_server.name("faults")
    publisher = RabbitMqEventPublisher(network.through(rabbitmq_server.url), queue=name, exchange=name, timeout=TIMEOUT)
    yield publisher
    publisher.close()


def test_nobody_listening_is_known_at_once(publisher: RabbitMqEventPublisher, network: Proxy) -> None:
    network.cut()

    refused_within(1, publisher)
    with pytest.raises(PublisherUnavailable):
        publisher.ping()

    network.restore()
    assert publisher.publish([an_event()]) == [None]


def test_a_wrong_password_is_known_at_once(rabbitmq_server: RabbitServer) -> None:
    publisher = RabbitMqEventPublisher(rabbitmq_server.url.replace("guest:guest", "guest:wrong"), timeout=TIMEOUT)

    assert "ACCESS_REFUSED" in refused_within(TIMEOUT, publisher)
    with pytest.raises(PublisherUnavailable):
        publisher.ping()


@pytest.mark.parametrize("connected", [True, False])
def test_a_network_that_swallows_everything_is_given_up_in_time(
    publisher: RabbitMqEventPublisher, network: Proxy, connected: bool
) -> None:
    if connected:
        publisher.ping()
    network.hang()
    before = set(threading.enumerate())

    assert "did not respond" in refused_within(TIMEOUT + 0.3, publisher)
    with pytest.raises(PublisherUnavailable):
        publisher.ping()
    time.sleep(TIMEOUT)
    assert not any(thread.name == "orders-rabbitmq" for thread in set(threading.enumerate()) - before)

    network.restore()
    assert publisher.publish([an_event()]) == [None]


def test_threads_wait_for_their_turn_no_longer_than_the_time_out(
    publisher: RabbitMqEventPublisher, network: Proxy
) -> None:
    publisher.ping()
    network.hang()

    with ThreadPoolExecutor(8) as threads:
        for each in [threads.submit(refused_within, TIMEOUT + 0.5, publisher) for _ in range(8)]:
            each.result()


def test_threads_may_share_a_publisher(rabbitmq_server: RabbitServer) -> None:
    name = rabbitmq_server.name("shared")
    publisher = RabbitMqEventPublisher(rabbitmq_server.url, queue=name, exchange=name, timeout=5)

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(lambda _: publisher.publish([an_event()] * 5), range(200)))

    assert told == [[None] * 5] * 200
    publisher.close()


def test_a_connection_lost_while_idle_is_not_noticed(publisher: RabbitMqEventPublisher, network: Proxy) -> None:
    assert publisher.publish([an_event()]) == [None]
    network.cut()
    network.restore()
    time.sleep(0.2)

    assert publisher.publish([an_event()]) == [None]


def test_a_full_queue_that_refuses_is_a_refusal_of_that_event_only(rabbitmq_server: RabbitServer) -> None:
    name = rabbitmq_server.name("full")
    with rabbitmq_server.channel() as channel:
        full = {"x-max-length": 1, "x-overflow": "reject-publish"}
        channel.queue_declare(name, durable=True, arguments=full)
    publisher = RabbitMqEventPublisher(rabbitmq_server.url, queue=name, exchange=name, timeout=TIMEOUT)

    told = publisher.publish([an_event(), an_event(), an_event(2)])

    assert told == [None, "the broker rejected it", None]
    publisher.close()


def test_a_queue_declared_otherwise_is_used_as_it_is_with_one_warning(
    rabbitmq_server: RabbitServer, caplog: pytest.LogCaptureFixture
) -> None:
    name = rabbitmq_server.name("otherwise")
    with rabbitmq_server.channel() as channel:
        channel.queue_declare(name, durable=True, arguments={"x-max-priority": 5})
        channel.exchange_declare(name, "fanout", durable=True)
    publisher = RabbitMqEventPublisher(rabbitmq_server.url, queue=name, exchange=name, timeout=TIMEOUT)

    with caplog.at_level(logging.WARNING, "orders_adapters"):
        assert publisher.publish([an_event()]) == [None]
        assert publisher.publish([an_event()]) == [None]

    ours = [record.getMessage() for record in caplog.records if record.name.startswith("orders_adapters")]
    assert len(ours) == 2  # one for the queue, one for the exchange
    assert "x-max-priority" in ours[0]
    publisher.close()


def test_an_exchange_deleted_in_between_is_there_at_the_next_attempt(rabbitmq_server: RabbitServer) -> None:
    name = rabbitmq_server.name("gone")
    publisher = RabbitMqEventPublisher(rabbitmq_server.url, queue=name, exchange=name, timeout=TIMEOUT)
    publisher.ping()
    with rabbitmq_server.channel() as channel:
        channel.exchange_delete(name)

    assert "no exchange" in refused_within(TIMEOUT, publisher)

    assert publisher.publish([an_event()]) == [None]
    publisher.close()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_connects_anew(publisher: RabbitMqEventPublisher) -> None:
    assert publisher.publish([an_event()]) == [None]

    child = os.fork()
    if child == 0:
        os._exit(0 if publisher.publish([an_event()]) == [None] else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert publisher.publish([an_event()]) == [None]


def test_closing_leaves_no_thread_and_is_not_the_end(publisher: RabbitMqEventPublisher) -> None:
    before = set(threading.enumerate())
    assert publisher.publish([an_event()]) == [None]

    publisher.close()

    assert not any(thread.name == "orders-rabbitmq" for thread in set(threading.enumerate()) - before)
    assert publisher.publish([an_event()]) == [None]
