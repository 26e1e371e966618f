"""Contract of MessageConsumer: no message is lost, early messages are retried, invalid ones are dead-lettered.

And of DeadLetters: nothing is lost by looking, and what is requeued is consumed again.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from orders_domain.errors import PrerequisiteMissing, StoreUnavailable
from orders_domain.ports.events.dead_letters import MAX_EXCERPT, DeadLetters
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


@dataclass(frozen=True, kw_only=True)
class DeadLettersHarness:
    """Two queues with a consumer each, and the dead letters of both."""

    names: tuple[str, str]
    put: Callable[[str, Sequence[bytes]], None]
    consumers: dict[str, MessageConsumer]
    letters: DeadLetters

    def reject(self, *bodies: bytes, queue: str = "") -> None:
        """Let the consumer of a queue reject the messages, each with its own text as the reason."""
        name = queue or self.names[0]
        self.put(name, bodies)
        assert self.consume(len(bodies), queue=name, answer=lambda body: f"bad: {body[:20]!r}") == list(bodies)

    def consume(
        self, number: int, *, queue: str = "", answer: Callable[[bytes], str | None] = lambda _: None
    ) -> list[bytes]:
        """Consume so many messages of a queue."""
        received: list[bytes] = []

        def handle(body: bytes) -> str | None:
            received.append(body)
            return answer(body)

        poll_until(self.consumers[queue or self.names[0]], handle, lambda: len(received) >= number)
        return received


class DeadLettersTests:
    """Promises of ``DeadLetters``.

    A subclass has the fixture ``queues``: two empty queues with their consumers (``DeadLettersHarness``).
    """

    def test_dead_letters_are_shown_and_stay(self, queues: DeadLettersHarness) -> None:
        first, second = queues.names
        assert queues.letters.select(limit=10).total == 0
        assert queues.letters.requeue() == 0
        queues.reject(b"one", b"\x00\xff", b"x" * 10_000)
        queues.reject(b"one", queue=second)

        pages = [queues.letters.select(limit=10) for _ in range(2)]
        short = queues.letters.select(limit=2)

        assert pages[0] == pages[1]
        assert pages[0].total == short.total == 4
        shown = [(letter.queue, letter.excerpt, letter.size, letter.reason) for letter in pages[0].letters]
        assert shown == [
            (first, "one", 3, "bad: b'one'"),
            (first, "\x00\\xff", 2, "bad: b'\\x00\\xff'"),
            (first, "x" * MAX_EXCERPT, 10_000, f"bad: {b'x' * 20!r}"),
            (second, "one", 3, "bad: b'one'"),
        ]
        assert len({letter.id for letter in pages[0].letters}) == 4
        assert [letter.id for letter in short.letters] == [pages[0].letters[each].id for each in (0, 1, 3)]

    def test_chosen_dead_letter_is_consumed_again(self, queues: DeadLettersHarness) -> None:
        queues.reject(b"one", b"two", b"three")
        _, two, _ = queues.letters.select(limit=10).letters

        assert queues.letters.requeue({two.id, "0" * 64}) == 1
        assert queues.letters.requeue({two.id}) == 0

        assert queues.consume(1) == [b"two"]
        assert [letter.excerpt for letter in queues.letters.select(limit=10).letters] == ["one", "three"]

    def test_all_dead_letters_are_consumed_again_in_order(self, queues: DeadLettersHarness) -> None:
        bodies = [f"message {number}".encode() for number in range(20)]
        queues.reject(*bodies)
        queues.reject(b"fact", queue=queues.names[1])

        assert queues.letters.requeue(limit=3) == 3
        assert queues.letters.requeue() == 18

        assert queues.letters.select(limit=10).total == 0
        assert queues.consume(20) == bodies
        assert queues.consume(1, queue=queues.names[1]) == [b"fact"]

    def test_message_that_is_rejected_again_stays(self, queues: DeadLettersHarness) -> None:
        queues.reject(b"bad")
        assert queues.letters.requeue() == 1

        assert queues.consume(1, answer=lambda _: "still bad") == [b"bad"]

        (letter,) = queues.letters.select(limit=10).letters
        assert (letter.excerpt, letter.reason) == ("bad", "still bad")
