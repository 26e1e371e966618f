"""Contract of MessageConsumer, on every adapter."""

from collections import deque
from collections.abc import Callable, Iterator

import pytest

from orders_adapters.kafka import message_consumer as kafka
from orders_adapters.memory.message_consumer import InMemoryMessageConsumer as InMemory
from orders_adapters.rabbitmq import message_consumer as rabbitmq
from orders_adapters.testing.message_consumer import ConsumerHarness, MessageConsumerTests
from orders_domain.model.reservation import LEASE
from orders_domain.ports.message_consumer import MessageConsumer
from tests.contract.ports.messages.consumers import (
    in_kafka,
    in_memory,
    in_rabbitmq,
    joined,
)
from tests.support.servers.kafka import KafkaServer

pytestmark = pytest.mark.usefixtures("short_delays")


@pytest.fixture(params=["memory", "rabbitmq", "kafka"])
def harness(request: pytest.FixtureRequest) -> ConsumerHarness:
    if request.param == "memory":
        return in_memory()
    if request.param == "rabbitmq":
        return in_rabbitmq(request.getfixturevalue("rabbitmq_server"))
    another: Callable[[], ConsumerHarness] = request.getfixturevalue("in_kafka_soon")
    return another()


@pytest.fixture(scope="module")
def in_kafka_soon(kafka_server: KafkaServer) -> Iterator[Callable[[], ConsumerHarness]]:
    """Harnesses whose first consumer joined its group while earlier tests ran."""
    waiting = deque(joined(in_kafka(kafka_server)) for _ in range(4))

    def another() -> ConsumerHarness:
        waiting.append(joined(in_kafka(kafka_server)))
        return waiting.popleft()

    yield another
    for harness in waiting:
        harness.consumer().close()


class TestMessageConsumer(MessageConsumerTests):
    def test_dead_letter_of_a_broker_is_logged(
        self, harness: ConsumerHarness, consumer: MessageConsumer, caplog: pytest.LogCaptureFixture
    ) -> None:
        self.test_early_message_is_dead_lettered_at_limit(harness, consumer)

        start = "message.dead_lettered: the retries are exhausted: order_not_found"
        logged = [line for line in caplog.messages if line.startswith(start)]
        assert len(logged) == (0 if isinstance(consumer, InMemory) else 1)


def test_retry_window_exceeds_reservation_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    assert rabbitmq.RETRY_DELAY * rabbitmq.MAX_RETRIES > 60 > LEASE.total_seconds()
    assert LEASE.total_seconds() < kafka.RETRY_WINDOW
