"""RabbitMQ that is unavailable, silent or configured differently: bounded waiting, and no event is lost."""

import logging
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from orders_adapters.rabbitmq.event_publisher import OPENING_GRACE, RabbitMqEventPublisher
from orders_domain.errors import PublisherUnavailable
from tests.contract.test_rabbitmq_publisher import an_event
from tests.support.depth import effort
from tests.support.servers.proxy import Proxy
from tests.support.servers.rabbitmq import RabbitServer

TIMEOUT = effort(1.0, 2.0)
SLACK = 0.9  # seconds that a busy machine may take to wake a thread; less than a second timeout


def refused_within(seconds: float, publisher: RabbitMqEventPublisher) -> str:
    """The error text of a failed publish, which must come in time."""
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


def test_closed_port_is_unavailable_at_once(publisher: RabbitMqEventPublisher, network: Proxy) -> None:
    network.cut()

    refused_within(1, publisher)
    with pytest.raises(PublisherUnavailable):
        publisher.ping()

    network.restore()
    assert publisher.publish([an_event()]) == [None]


def test_wrong_password_is_unavailable_at_once(rabbitmq_server: RabbitServer) -> None:
    publisher = RabbitMqEventPublisher(rabbitmq_server.url.replace("guest:guest", "guest:wrong"), timeout=TIMEOUT)

    assert "ACCESS_REFUSED" in refused_within(TIMEOUT, publisher)
    with pytest.raises(PublisherUnavailable):
        publisher.ping()


@pytest.mark.parametrize("connected", [True, False])
def test_hanging_network_times_out(publisher: RabbitMqEventPublisher, network: Proxy, connected: bool) -> None:
    if connected:
        publisher.ping()
    network.hang()
    before = set(threading.enumerate())

    assert "did not respond" in refused_within(TIMEOUT + SLACK, publisher)
    with pytest.raises(PublisherUnavailable):
        publisher.ping()
    deadline = time.monotonic() + 2 * TIMEOUT + OPENING_GRACE
    while any(thread.name == "orders-rabbitmq" for thread in set(threading.enumerate()) - before):
        assert time.monotonic() < deadline
        time.sleep(0.02)

    network.restore()
    assert publisher.publish([an_event()]) == [None]


def test_waiting_threads_respect_the_timeout(publisher: RabbitMqEventPublisher, network: Proxy) -> None:
    publisher.ping()
    network.hang()

    with ThreadPoolExecutor(8) as threads:
        for future in [threads.submit(refused_within, TIMEOUT + SLACK, publisher) for _ in range(8)]:
            future.result()


def test_threads_share_a_publisher(rabbitmq_server: RabbitServer) -> None:
    name = rabbitmq_server.name("shared")
    publisher = RabbitMqEventPublisher(rabbitmq_server.url, queue=name, exchange=name, timeout=5)

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda _: publisher.publish([an_event()] * 5), range(200)))

    assert results == [[None] * 5] * 200
    publisher.close()


def test_idle_disconnect_fails_no_event(publisher: RabbitMqEventPublisher, network: Proxy) -> None:
    assert publisher.publish([an_event()]) == [None]
    network.cut()
    network.restore()
    time.sleep(0.2)

    assert publisher.publish([an_event()]) == [None]


def test_full_queue_rejects_only_its_event(rabbitmq_server: RabbitServer) -> None:
    name = rabbitmq_server.name("full")
    with rabbitmq_server.channel() as channel:
        full = {"x-max-length": 1, "x-overflow": "reject-publish"}
        channel.queue_declare(name, durable=True, arguments=full)
    publisher = RabbitMqEventPublisher(rabbitmq_server.url, queue=name, exchange=name, timeout=TIMEOUT)

    results = publisher.publish([an_event(), an_event(), an_event(2)])

    assert results == [None, "the broker rejected it", None]
    publisher.close()


def test_different_queue_is_used_with_a_warning(
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

    warnings = [record.getMessage() for record in caplog.records if record.name.startswith("orders_adapters")]
    assert len(warnings) == 2  # one for the queue, one for the exchange
    assert "x-max-priority" in warnings[0]
    publisher.close()


def test_deleted_exchange_is_declared_again(rabbitmq_server: RabbitServer) -> None:
    name = rabbitmq_server.name("gone")
    publisher = RabbitMqEventPublisher(rabbitmq_server.url, queue=name, exchange=name, timeout=TIMEOUT)
    publisher.ping()
    with rabbitmq_server.channel() as channel:
        channel.exchange_delete(name)

    assert "no exchange" in refused_within(TIMEOUT, publisher)

    assert publisher.publish([an_event()]) == [None]
    publisher.close()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_child_reconnects(publisher: RabbitMqEventPublisher) -> None:
    assert publisher.publish([an_event()]) == [None]

    child = os.fork()
    if child == 0:
        os._exit(0 if publisher.publish([an_event()]) == [None] else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert publisher.publish([an_event()]) == [None]


def test_close_ends_threads_and_allows_reuse(publisher: RabbitMqEventPublisher) -> None:
    before = set(threading.enumerate())
    assert publisher.publish([an_event()]) == [None]

    publisher.close()

    assert not any(thread.name == "orders-rabbitmq" for thread in set(threading.enumerate()) - before)
    assert publisher.publish([an_event()]) == [None]
