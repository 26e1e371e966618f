"""Contract of MessageConsumer: no message is lost, early messages are retried, invalid ones are dead-lettered."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from orders_domain.errors import PrerequisiteMissing, StoreUnavailable
from orders_domain.ports.message_consumer import MessageConsumer


@dataclass(frozen=True, kw_only=True)
class ConsumerHarness:
    """Publishes messages, creates consumers, and returns the dead letters with their reasons."""

    put: Callable[[Sequence[bytes]], None]
    consumer: Callable[[], MessageConsumer]
    dead_letters: Callable[[], list[tuple[bytes, str]]]


TIMEOUT = 60  # seconds


def poll_until(consumer: MessageConsumer, handle: Callable[[bytes], str | None], enough: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not enough():
        consumer.poll(handle, timeout=0.5)
        assert time.monotonic() < deadline, f"not enough within {TIMEOUT} s"


class MessageConsumerTests:
    """Promises of ``MessageConsumer``.

    A subclass has the fixture ``harness``: an empty queue and its consumers (``ConsumerHarness``).
    """

    @pytest.fixture
    def consumer(self, harness: ConsumerHarness) -> Iterator[MessageConsumer]:
        consumer = harness.consumer()
        yield consumer
        consumer.close()

    def test_messages_are_delivered_once_in_order(self, harness: ConsumerHarness, consumer: MessageConsumer) -> None:
        sent = [f"message {number}".encode() for number in range(50)]
        harness.put(sent)
        received: list[bytes] = []

        poll_until(consumer, received.append, lambda: len(received) >= 50)

        assert received == sent
        assert not consumer.poll(received.append, timeout=1.0)
        assert received == sent

    def test_poll_returns_false_if_queue_is_empty(self, harness: ConsumerHarness, consumer: MessageConsumer) -> None:
        harness.put([])

        assert not consumer.poll(lambda _: pytest.fail("there is none"), timeout=0.2)

    def test_invalid_message_is_dead_lettered_with_reason(
        self, harness: ConsumerHarness, consumer: MessageConsumer
    ) -> None:
        harness.put([b"good", b"\x00bad\xff", b"good too"])
        received: list[bytes] = []

        def handle(message: bytes) -> str | None:
            received.append(message)
            return "Grüße: it is bad." if b"bad" in message else None

        poll_until(consumer, handle, lambda: len(received) >= 3)

        assert received == [b"good", b"\x00bad\xff", b"good too"]
        assert harness.dead_letters() == [(b"\x00bad\xff", "Grüße: it is bad.")]

    def test_message_is_retried_while_store_is_down(self, harness: ConsumerHarness, consumer: MessageConsumer) -> None:
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

    def test_early_message_is_retried_until_ready(self, harness: ConsumerHarness, consumer: MessageConsumer) -> None:
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

    def test_early_message_is_dead_lettered_at_limit(self, harness: ConsumerHarness, consumer: MessageConsumer) -> None:
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

    def test_interrupted_message_is_redelivered(self, harness: ConsumerHarness, consumer: MessageConsumer) -> None:
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

    def test_next_consumer_gets_only_unacknowledged(self, harness: ConsumerHarness) -> None:
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

    def test_consumer_polls_again_after_close(self, harness: ConsumerHarness, consumer: MessageConsumer) -> None:
        consumer.close()
        consumer.close()
        harness.put([b"late"])
        received: list[bytes] = []

        poll_until(consumer, received.append, lambda: bool(received))

        assert received == [b"late"]
