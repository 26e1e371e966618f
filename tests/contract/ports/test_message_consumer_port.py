"""Contract of MessageConsumer: no message is lost, early messages are retried, invalid ones are dead-lettered."""

import time
from collections import deque
from collections.abc import Callable, Iterator

import pytest

from orders_adapters.kafka import message_consumer as kafka
from orders_adapters.memory.message_consumer import InMemoryMessageConsumer as InMemory
from orders_adapters.rabbitmq import message_consumer as rabbitmq
from orders_domain.errors import PrerequisiteMissing, StoreUnavailable
from orders_domain.model.reservation import LEASE
from orders_domain.ports.message_consumer import MessageConsumer
from tests.contract.ports.consumers import (
    TIMEOUT,
    ConsumerHarness,
    in_kafka,
    in_memory,
    in_rabbitmq,
    joined,
    poll_until,
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


@pytest.fixture
def consumer(harness: ConsumerHarness) -> Iterator[MessageConsumer]:
    consumer = harness.consumer()
    yield consumer
    consumer.close()


def test_messages_are_delivered_once_in_order(harness: ConsumerHarness, consumer: MessageConsumer) -> None:
    sent = [f"message {number}".encode() for number in range(50)]
    harness.put(sent)
    received: list[bytes] = []

    poll_until(consumer, received.append, lambda: len(received) >= 50)

    assert received == sent
    assert not consumer.poll(received.append, timeout=1.0)
    assert received == sent


def test_poll_returns_false_if_queue_is_empty(harness: ConsumerHarness, consumer: MessageConsumer) -> None:
    harness.put([])

    assert not consumer.poll(lambda _: pytest.fail("there is none"), timeout=0.2)


def test_invalid_message_is_dead_lettered_with_reason(harness: ConsumerHarness, consumer: MessageConsumer) -> None:
    harness.put([b"good", b"\x00bad\xff", b"good too"])
    received: list[bytes] = []

    def handle(message: bytes) -> str | None:
        received.append(message)
        return "Grüße: it is bad." if b"bad" in message else None

    poll_until(consumer, handle, lambda: len(received) >= 3)

    assert received == [b"good", b"\x00bad\xff", b"good too"]
    assert harness.dead_letters() == [(b"\x00bad\xff", "Grüße: it is bad.")]


def test_message_is_retried_while_store_is_down(harness: ConsumerHarness, consumer: MessageConsumer) -> None:
    harness.put([b"first", b"second"])
    received: list[bytes] = []

    def handle(message: bytes) -> str | None:
        received.append(message)
        if len(received) <= 5:
            raise StoreUnavailable("The store is away.")
        return None

    deadline = time.monotonic() + TIMEOUT
    while len(received) < 7:
        try:
            consumer.poll(handle, timeout=0.5)
        except StoreUnavailable:
            time.sleep(0.05)
        assert time.monotonic() < deadline

    assert received == [b"first"] * 6 + [b"second"]
    assert harness.dead_letters() == []


def test_early_message_is_retried_until_ready(harness: ConsumerHarness, consumer: MessageConsumer) -> None:
    harness.put([b"early", b"second"])
    received: list[bytes] = []

    def handle(message: bytes) -> str | None:
        received.append(message)
        if message == b"early" and received.count(b"early") <= 2:
            raise PrerequisiteMissing("order_not_found: There is no such order.")
        return None

    poll_until(consumer, handle, lambda: len(received) >= 4)

    assert sorted(received) == [b"early"] * 3 + [b"second"]
    assert not consumer.poll(handle, timeout=1.0)
    assert harness.dead_letters() == []


def test_early_message_is_dead_lettered_at_limit(
    harness: ConsumerHarness, consumer: MessageConsumer, caplog: pytest.LogCaptureFixture
) -> None:
    harness.put([b"early", b"second"])
    done: list[bytes] = []

    def handle(message: bytes) -> str | None:
        if message == b"early":
            raise PrerequisiteMissing("order_not_found: There is no such order.")
        done.append(message)
        return None

    ends, deadline = 0, time.monotonic() + TIMEOUT
    while ends < 2:
        ends += consumer.poll(handle, timeout=0.5)
        assert time.monotonic() < deadline

    assert done == [b"second"]
    assert harness.dead_letters() == [(b"early", "order_not_found: There is no such order.")]
    assert not consumer.poll(handle, timeout=1.0)
    said = [
        line
        for line in caplog.messages
        if line.startswith("message.dead_lettered: the retries are exhausted: order_not_found")
    ]
    assert len(said) == (0 if isinstance(consumer, InMemory) else 1)


def test_interrupted_message_is_redelivered(harness: ConsumerHarness, consumer: MessageConsumer) -> None:
    harness.put([b"first"])
    received: list[bytes] = []

    def handle(message: bytes) -> str | None:
        received.append(message)
        if len(received) == 1:
            raise KeyboardInterrupt
        return None

    with pytest.raises(KeyboardInterrupt):
        poll_until(consumer, handle, lambda: len(received) >= 1)
    poll_until(consumer, handle, lambda: len(received) >= 2)

    assert received == [b"first"] * 2


def test_next_consumer_gets_only_unacknowledged(harness: ConsumerHarness) -> None:
    harness.put([b"done", b"begun", b"not begun"])
    first, received = harness.consumer(), []

    def handle(message: bytes) -> str | None:
        received.append(message)
        if message == b"begun" and len(received) == 2:
            raise StoreUnavailable("The store is away.")
        return None

    with pytest.raises(StoreUnavailable):
        poll_until(first, handle, lambda: len(received) >= 3)
    first.close()
    second = harness.consumer()
    poll_until(second, handle, lambda: len(received) >= 4)

    assert sorted(received) == sorted([b"done", b"begun", b"begun", b"not begun"])  # in any order
    assert not second.poll(handle, timeout=0.5)
    second.close()


def test_consumer_polls_again_after_close(harness: ConsumerHarness, consumer: MessageConsumer) -> None:
    consumer.close()
    consumer.close()
    harness.put([b"late"])
    received: list[bytes] = []

    poll_until(consumer, received.append, lambda: bool(received))

    assert received == [b"late"]


def test_retry_window_exceeds_reservation_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    assert rabbitmq.RETRY_DELAY * rabbitmq.MAX_RETRIES > 60 > LEASE.total_seconds()
    assert LEASE.total_seconds() < kafka.RETRY_WINDOW
