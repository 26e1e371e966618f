"""Contract of EventPublisher, on every adapter."""

import time
from collections.abc import Iterator
from functools import partial

import pytest

from orders_adapters.rabbitmq.event_publisher import RabbitMqEventPublisher as InRabbitMQ
from orders_adapters.testing.event_publisher import EventPublisherTests, PublisherHarness, life_of_an_order, placings
from orders_adapters.testing.threads import at_once
from orders_domain.errors import PublisherUnavailable
from tests.contract.ports.messages.publishers import in_memory, in_rabbitmq
from tests.support.servers.proxy import Proxy
from tests.support.servers.rabbitmq import RabbitServer


@pytest.fixture(params=["memory", "rabbitmq"])
def harness(request: pytest.FixtureRequest) -> Iterator[PublisherHarness]:
    harness = in_memory() if request.param == "memory" else in_rabbitmq(request.getfixturevalue("rabbitmq_server"))
    yield harness
    harness.close()


@pytest.fixture
def network(rabbitmq_server: RabbitServer) -> Iterator[Proxy]:
    with Proxy.before(rabbitmq_server.url) as network:
        yield network


@pytest.fixture
def remote(rabbitmq_server: RabbitServer, network: Proxy) -> Iterator[PublisherHarness]:
    """RabbitMQ behind a network that can be broken. The in-memory publisher neither rejects nor fails."""
    harness = in_rabbitmq(rabbitmq_server, url=network.through(rabbitmq_server.url), timeout=2.0)
    yield harness
    harness.close()


class TestEventPublisher(EventPublisherTests):
    pass


class TestBrokerOutage:
    @pytest.mark.parametrize("connected_before", [True, False])
    @pytest.mark.parametrize("fault", ["cut", "hang"])
    def test_broken_broker_is_unavailable_then_recovers(
        self, remote: PublisherHarness, network: Proxy, fault: str, connected_before: bool
    ) -> None:
        if connected_before:
            assert list(remote.publisher.publish(placings(1))) == [None]
            remote.arrived()
        getattr(network, fault)()

        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(PublisherUnavailable):
                remote.publisher.publish(placings(3))
            assert time.monotonic() - began < 4.0

        network.restore()
        after = placings(3)
        assert list(remote.publisher.publish(after)) == [None] * 3
        assert [event for event in remote.arrived() if event in after] == after

    def test_idle_disconnect_loses_no_event(self, remote: PublisherHarness, network: Proxy) -> None:
        first, second = placings(2)
        remote.publisher.publish([first])

        network.cut()
        network.restore()
        time.sleep(0.3)  # the close of the connection arrives

        assert list(remote.publisher.publish([second])) == [None]
        assert remote.arrived() == [first, second]

    def test_lost_broker_keeps_confirmed_events(self, remote: PublisherHarness, network: Proxy) -> None:
        sent = placings(2_000)
        network.delay(0.02)

        def cut() -> None:
            time.sleep(0.15)
            network.cut()

        result, _ = at_once(lambda: remote.publisher.publish(sent), cut)

        assert isinstance(result, PublisherUnavailable)
        arrived = remote.arrived()
        assert arrived == sent[: len(arrived)]  # without a gap

    def test_threads_fail_within_timeout_if_broker_hangs(self, remote: PublisherHarness, network: Proxy) -> None:
        remote.publisher.publish(placings(1))
        network.hang()

        began = time.monotonic()
        results = at_once(*(partial(remote.publisher.publish, placings(1)) for _ in range(8)))

        assert [type(result) for result in results] == [PublisherUnavailable] * 8
        assert time.monotonic() - began < 4.0


class TestBrokerRejection:
    def test_rejection_is_reported_for_its_event(self, rabbitmq_server: RabbitServer) -> None:
        """The task queue takes one message and rejects the rest."""
        queue, exchange = rabbitmq_server.name("full"), rabbitmq_server.name("exchange")
        with rabbitmq_server.channel() as channel:
            channel.queue_declare(queue, durable=True, arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
        publisher = InRabbitMQ(rabbitmq_server.url, queue=queue, exchange=exchange)
        first, second = placings(2)
        change = life_of_an_order()[1]  # is routed to no task queue

        taken, refused, untouched = publisher.publish([first, second, change])

        assert (taken, untouched) == (None, None)
        assert isinstance(refused, str)
        assert refused
        publisher.close()
