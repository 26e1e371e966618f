"""Contract of EventPublisher: None only for a confirmed event, one result per event, and bounded waiting."""

import time
from collections.abc import Iterator
from functools import partial

import pytest

from orders_adapters.rabbitmq.event_publisher import RabbitMqEventPublisher as InRabbitMQ
from orders_domain import Event, OrderStatus
from orders_domain.errors import PublisherUnavailable
from orders_domain.model import events
from tests.contract.ports.publishers import PublisherHarness, in_memory, in_rabbitmq
from tests.support.examples import ADA, NOON, only, placed
from tests.support.servers.proxy import Proxy
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.threads import at_once


@pytest.fixture(params=["memory", "rabbitmq"])
def harness(request: pytest.FixtureRequest) -> Iterator[PublisherHarness]:
    harness = in_memory() if request.param == "memory" else in_rabbitmq(request.getfixturevalue("rabbitmq_server"))
    yield harness
    harness.close()


def placings(count: int) -> list[Event]:
    return [events.event_for(order.new_entries[0], order) for order in (placed() for _ in range(count))]


def life_of_an_order() -> list[Event]:
    order = placed()
    order.change_status(only(OrderStatus.PAID), by=ADA, at=NOON)
    order.change_status(only(OrderStatus.CANCELED), by=ADA, at=NOON)
    return [events.event_for(entry, order) for entry in order.new_entries]


class TestRoundTrip:
    def test_events_arrive_unchanged_in_order(self, harness: PublisherHarness) -> None:
        sent = life_of_an_order()

        assert list(harness.publisher.publish(sent)) == [None, None, None]

        assert harness.arrived() == sent

    def test_thousand_events_arrive_in_order(self, harness: PublisherHarness) -> None:
        sent = placings(1_000)

        assert list(harness.publisher.publish(sent)) == [None] * 1_000

        assert harness.arrived() == sent

    def test_consecutive_publish_calls_succeed(self, harness: PublisherHarness) -> None:
        sent = placings(5)

        for event in sent:
            assert list(harness.publisher.publish([event])) == [None]

        assert harness.arrived() == sent

    def test_event_can_be_published_twice(self, harness: PublisherHarness) -> None:
        (event,) = placings(1)

        assert list(harness.publisher.publish([event])) == list(harness.publisher.publish([event])) == [None]

        assert harness.arrived() == [event, event]

    def test_empty_batch_publishes_nothing(self, harness: PublisherHarness) -> None:
        assert list(harness.publisher.publish([])) == []


class TestConcurrency:
    def test_shared_publisher_preserves_order_per_thread(self, harness: PublisherHarness) -> None:
        batches = [placings(40) for _ in range(8)]

        results = at_once(*(partial(harness.publisher.publish, batch) for batch in batches))

        assert [list(result) for result in results if not isinstance(result, Exception)] == [[None] * 40] * 8
        arrived = harness.arrived()
        assert len(arrived) == 320
        for batch in batches:
            ids = {event.id for event in batch}
            assert [event for event in arrived if event.id in ids] == batch


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
