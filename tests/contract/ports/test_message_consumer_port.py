"""The promises of Inlet: nothing is lost, nothing is done before its time, and what cannot be done is put aside."""

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
from tests.contract.ports.consumers import PATIENCE, Post, in_kafka, in_memory, in_rabbitmq, joining, take_until
from tests.support.servers.kafka import KafkaServer

pytestmark = pytest.mark.usefixtures("hurry")


@pytest.fixture(params=["memory", "rabbitmq", "kafka"])
def post(request: pytest.FixtureRequest) -> Post:
    if request.param == "memory":
        return in_memory()
    if request.param == "rabbitmq":
        return in_rabbitmq(request.getfixturevalue("rabbitmq_server"))
    another: Callable[[], Post] = request.getfixturevalue("in_kafka_soon")
    return another()


@pytest.fixture(scope="module")
def in_kafka_soon(kafka_server: KafkaServer) -> Iterator[Callable[[], Post]]:
    """Posts whose first inlet joined its group while the tests before ran."""
    waiting = deque(joining(in_kafka(kafka_server)) for _ in range(4))

    def another() -> Post:
        waiting.append(joining(in_kafka(kafka_server)))
        return waiting.popleft()

    yield another
    for post in waiting:
        post.inlet().close()


@pytest.fixture
def inlet(post: Post) -> Iterator[MessageConsumer]:
    inlet = post.inlet()
    yield inlet
    inlet.close()


def test_messages_are_delivered_once_in_order(post: Post, inlet: MessageConsumer) -> None:
    sent = [f"message {number}".encode() for number in range(50)]
    post.put(sent)
    got: list[bytes] = []

    take_until(inlet, got.append, lambda: len(got) >= 50)

    assert got == sent
    assert not inlet.poll(got.append, timeout=1.0)
    assert got == sent


def test_poll_returns_false_if_queue_is_empty(post: Post, inlet: MessageConsumer) -> None:
    post.put([])

    assert not inlet.poll(lambda _: pytest.fail("there is none"), timeout=0.2)


def test_invalid_message_is_dead_lettered_with_reason(post: Post, inlet: MessageConsumer) -> None:
    post.put([b"good", b"\x00bad\xff", b"good too"])
    got: list[bytes] = []

    def handle(message: bytes) -> str | None:
        got.append(message)
        return "Grüße: it is bad." if b"bad" in message else None

    take_until(inlet, handle, lambda: len(got) >= 3)

    assert got == [b"good", b"\x00bad\xff", b"good too"]
    assert post.dead() == [(b"\x00bad\xff", "Grüße: it is bad.")]


def test_message_is_retried_while_store_is_down(post: Post, inlet: MessageConsumer) -> None:
    post.put([b"first", b"second"])
    got: list[bytes] = []

    def handle(message: bytes) -> str | None:
        got.append(message)
        if len(got) <= 5:
            raise StoreUnavailable("The store is away.")
        return None

    deadline = time.monotonic() + PATIENCE
    while len(got) < 7:
        try:
            inlet.poll(handle, timeout=0.5)
        except StoreUnavailable:
            time.sleep(0.05)
        assert time.monotonic() < deadline

    assert got == [b"first"] * 6 + [b"second"]
    assert post.dead() == []


def test_early_message_is_retried_until_ready(post: Post, inlet: MessageConsumer) -> None:
    post.put([b"early", b"second"])
    got: list[bytes] = []

    def handle(message: bytes) -> str | None:
        got.append(message)
        if message == b"early" and got.count(b"early") <= 2:
            raise PrerequisiteMissing("order_not_found: There is no such order.")
        return None

    take_until(inlet, handle, lambda: len(got) >= 4)

    assert sorted(got) == [b"early"] * 3 + [b"second"]
    assert not inlet.poll(handle, timeout=1.0)
    assert post.dead() == []


def test_early_message_is_dead_lettered_at_limit(
    post: Post, inlet: MessageConsumer, caplog: pytest.LogCaptureFixture
) -> None:
    post.put([b"early", b"second"])
    done: list[bytes] = []

    def handle(message: bytes) -> str | None:
        if message == b"early":
            raise PrerequisiteMissing("order_not_found: There is no such order.")
        done.append(message)
        return None

    ends, deadline = 0, time.monotonic() + PATIENCE
    while ends < 2:
        ends += inlet.poll(handle, timeout=0.5)
        assert time.monotonic() < deadline

    assert done == [b"second"]
    assert post.dead() == [(b"early", "order_not_found: There is no such order.")]
    assert not inlet.poll(handle, timeout=1.0)
    said = [line for line in caplog.messages if "put aside: order_not_found" in line]
    assert len(said) == (0 if isinstance(inlet, InMemory) else 1)


def test_interrupted_message_is_redelivered(post: Post, inlet: MessageConsumer) -> None:
    post.put([b"first"])
    got: list[bytes] = []

    def handle(message: bytes) -> str | None:
        got.append(message)
        if len(got) == 1:
            raise KeyboardInterrupt
        return None

    with pytest.raises(KeyboardInterrupt):
        take_until(inlet, handle, lambda: len(got) >= 1)
    take_until(inlet, handle, lambda: len(got) >= 2)

    assert got == [b"first"] * 2


def test_next_consumer_gets_only_unacknowledged(post: Post) -> None:
    post.put([b"done", b"begun", b"not begun"])
    first, got = post.inlet(), []

    def handle(message: bytes) -> str | None:
        got.append(message)
        if message == b"begun" and len(got) == 2:
            raise StoreUnavailable("The store is away.")
        return None

    with pytest.raises(StoreUnavailable):
        take_until(first, handle, lambda: len(got) >= 3)
    first.close()
    second = post.inlet()
    take_until(second, handle, lambda: len(got) >= 4)

    assert sorted(got) == sorted([b"done", b"begun", b"begun", b"not begun"])  # in whichever order
    assert not second.poll(handle, timeout=0.5)
    second.close()


def test_consumer_polls_again_after_close(post: Post, inlet: MessageConsumer) -> None:
    inlet.close()
    inlet.close()
    post.put([b"late"])
    got: list[bytes] = []

    take_until(inlet, got.append, lambda: bool(got))

    assert got == [b"late"]


def test_retry_window_exceeds_reservation_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    assert rabbitmq.RETRY_DELAY * rabbitmq.MAX_RETRIES > 60 > LEASE.total_seconds()
    assert LEASE.total_seconds() < kafka.RETRY_WINDOW
