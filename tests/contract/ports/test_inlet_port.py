"""The promises of Inlet: nothing is lost, nothing is done before its time, and what cannot be done is put aside."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from pika import BasicProperties

from orders_adapters.kafka import inlet as kafka
from orders_adapters.memory.inlet import Inlet as InMemory
from orders_adapters.rabbitmq import inlet as rabbitmq
from orders_adapters.rabbitmq.aside import Aside
from orders_adapters.rabbitmq.inlet import Inlet as InRabbitMQ
from orders_adapters.rabbitmq.topology import Inbound
from orders_domain.booking import LEASE
from orders_domain.errors import NotYet, StoreUnavailable, Unavailable
from orders_domain.ports.inlet import Inlet
from tests.contract.ports.inlets import Post, in_kafka, in_memory, in_rabbitmq
from tests.support.servers.proxy import Proxy
from tests.support.servers.rabbitmq import RabbitServer

PATIENCE = 60  # seconds


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is early is waited for by the second."""
    monkeypatch.setattr(rabbitmq, "PAUSE", 0.3)
    monkeypatch.setattr(kafka, "YOUNG", 8.0)


@pytest.fixture(params=["memory", "rabbitmq", "kafka"])
def post(request: pytest.FixtureRequest) -> Post:
    if request.param == "memory":
        return in_memory()
    if request.param == "rabbitmq":
        return in_rabbitmq(request.getfixturevalue("rabbitmq_server"))
    return in_kafka(request.getfixturevalue("kafka_server"))


@pytest.fixture
def inlet(post: Post) -> Iterator[Inlet]:
    inlet = post.inlet()
    yield inlet
    inlet.close()


def take_until(inlet: Inlet, handle: Callable[[bytes], str | None], enough: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not enough():
        inlet.take(handle, within=0.5)
        assert time.monotonic() < deadline, f"not enough within {PATIENCE} s"


def test_messages_are_given_in_their_order_and_once(post: Post, inlet: Inlet) -> None:
    sent = [f"message {number}".encode() for number in range(50)]
    post.put(sent)
    got: list[bytes] = []

    take_until(inlet, got.append, lambda: len(got) >= 50)

    assert got == sent
    assert not inlet.take(got.append, within=1.0)
    assert got == sent


def test_there_may_be_none(post: Post, inlet: Inlet) -> None:
    post.put([])

    assert not inlet.take(lambda _: pytest.fail("there is none"), within=0.2)


def test_what_can_never_be_done_lies_aside_with_the_reason_and_the_next_is_given(post: Post, inlet: Inlet) -> None:
    post.put([b"good", b"\x00bad\xff", b"good too"])
    got: list[bytes] = []

    def handle(message: bytes) -> str | None:
        got.append(message)
        return "Grüße: it is bad." if b"bad" in message else None

    take_until(inlet, handle, lambda: len(got) >= 3)

    assert got == [b"good", b"\x00bad\xff", b"good too"]
    assert post.dead() == [(b"\x00bad\xff", "Grüße: it is bad.")]


def test_what_cannot_be_done_now_is_given_again_before_the_next(post: Post, inlet: Inlet) -> None:
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
            inlet.take(handle, within=0.5)
        except StoreUnavailable:
            time.sleep(0.05)
        assert time.monotonic() < deadline

    assert got == [b"first"] * 6 + [b"second"]
    assert post.dead() == []


def test_what_is_early_is_given_again_until_its_time_has_come(post: Post, inlet: Inlet) -> None:
    post.put([b"early", b"second"])
    got: list[bytes] = []

    def handle(message: bytes) -> str | None:
        got.append(message)
        if message == b"early" and got.count(b"early") <= 2:
            raise NotYet("order_not_found: There is no such order.")
        return None

    take_until(inlet, handle, lambda: len(got) >= 4)

    assert sorted(got) == [b"early"] * 3 + [b"second"]
    assert not inlet.take(handle, within=1.0)
    assert post.dead() == []


def test_what_stays_early_lies_aside_in_the_end_and_those_behind_it_are_done(
    post: Post, inlet: Inlet, caplog: pytest.LogCaptureFixture
) -> None:
    post.put([b"early", b"second"])
    done: list[bytes] = []

    def handle(message: bytes) -> str | None:
        if message == b"early":
            raise NotYet("order_not_found: There is no such order.")
        done.append(message)
        return None

    ends, deadline = 0, time.monotonic() + PATIENCE
    while ends < 2:
        ends += inlet.take(handle, within=0.5)
        assert time.monotonic() < deadline

    assert done == [b"second"]
    assert post.dead() == [(b"early", "order_not_found: There is no such order.")]
    assert not inlet.take(handle, within=1.0)
    said = [line for line in caplog.messages if "put aside: order_not_found" in line]
    assert len(said) == (0 if isinstance(inlet, InMemory) else 1)


def test_what_a_flaw_interrupts_is_given_again(post: Post, inlet: Inlet) -> None:
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


def test_a_successor_is_given_what_was_not_acknowledged_and_nothing_else(post: Post) -> None:
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
    assert not second.take(handle, within=0.5)
    second.close()


def test_it_may_be_closed_twice_and_used_again(post: Post, inlet: Inlet) -> None:
    inlet.close()
    inlet.close()
    post.put([b"late"])
    got: list[bytes] = []

    take_until(inlet, got.append, lambda: bool(got))

    assert got == [b"late"]


class TestRabbitMQ:
    @pytest.fixture
    def network(self, rabbitmq_server: RabbitServer) -> Iterator[Proxy]:
        with Proxy.before(rabbitmq_server.url) as network:
            yield network

    @pytest.mark.parametrize("connected_before", [True, False])
    def test_a_broker_that_goes_away_is_unavailable_and_comes_back_with_every_message(
        self, rabbitmq_server: RabbitServer, network: Proxy, connected_before: bool
    ) -> None:
        post = in_rabbitmq(rabbitmq_server, url=network.through(rabbitmq_server.url))
        post.put([b"one", b"two"])
        inlet = post.inlet()
        got: list[bytes] = []
        if connected_before:
            take_until(inlet, got.append, lambda: bool(got))
        network.cut()

        with pytest.raises(Unavailable):
            inlet.take(got.append, within=0.5)

        network.restore()
        take_until(inlet, got.append, lambda: b"two" in got)
        inlet.close()
        # What was acknowledged in the moment of the cut may come again: the broker has not heard of it.
        assert got in ([b"one", b"two"], [b"one", b"one", b"two"])

    def test_a_message_in_hand_when_the_broker_goes_comes_again(
        self, rabbitmq_server: RabbitServer, network: Proxy
    ) -> None:
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
        assert not inlet.take(handle, within=0.5)
        inlet.close()

    def test_what_is_early_holds_up_nothing_and_comes_back_also_when_whoever_took_it_is_gone(
        self, rabbitmq_server: RabbitServer
    ) -> None:
        post = in_rabbitmq(rabbitmq_server)
        post.put([b"early", b"second"])
        first, got = post.inlet(), []

        def handle(message: bytes) -> str | None:
            got.append(message)
            if got == [b"early"]:
                raise NotYet("It is early.")
            return None

        take_until(first, handle, lambda: len(got) >= 2)
        first.close()
        second = post.inlet()
        take_until(second, handle, lambda: len(got) >= 3)
        second.close()

        assert got == [b"early", b"second", b"early"]

    def test_what_is_early_is_acknowledged_when_the_broker_has_taken_its_copy_and_not_before(
        self, rabbitmq_server: RabbitServer, network: Proxy
    ) -> None:
        post = in_rabbitmq(rabbitmq_server, url=network.through(rabbitmq_server.url))
        post.put([b"early"])
        inlet, got = post.inlet(), list[bytes]()

        def handle(message: bytes) -> str | None:
            got.append(message)
            if len(got) == 1:
                network.cut()
            if len(got) <= 3:
                raise NotYet("It is early.")
            return None

        with pytest.raises(Unavailable):
            take_until(inlet, handle, lambda: False)
        network.restore()
        with suppress(Unavailable):  # the connection of before
            inlet.take(handle, within=0.5)
        take_until(inlet, handle, lambda: len(got) >= 4)

        while inlet.take(handle, within=1.0):  # a copy whose message the broker did not hear to be acknowledged
            pass
        inlet.close()
        assert len(got) <= 6
        assert post.dead() == []

    def test_what_others_have_counted_does_not_make_it_go_round_for_ever(self, rabbitmq_server: RabbitServer) -> None:
        inbound = Inbound(queue=rabbitmq_server.queue("counted"))
        inlet, tries = InRabbitMQ(rabbitmq_server.url, inbound), 0
        counted = BasicProperties(headers={rabbitmq.TRIES: -1_000, "theirs": "kept"})
        with rabbitmq_server.channel() as channel:
            inbound.declare(channel)
            channel.basic_publish("", inbound.queue, b"early", counted)

        def handle(message: bytes) -> str | None:
            nonlocal tries
            tries += 1
            raise NotYet("It is early.")

        take_until(inlet, handle, lambda: tries > rabbitmq.PAUSES)
        inlet.close()

        with rabbitmq_server.channel() as channel:
            _, properties, _ = channel.basic_get(inbound.dead, auto_ack=True)
        assert properties.headers == {"theirs": "kept", rabbitmq.REASON: "It is early."}

    @pytest.mark.parametrize("early", [True, False])
    def test_what_is_put_aside_keeps_its_properties(self, rabbitmq_server: RabbitServer, early: bool) -> None:
        inbound = Inbound(queue=rabbitmq_server.queue("properties"))
        theirs = BasicProperties(
            content_type="application/json", content_encoding="utf-8", priority=3, correlation_id="c", reply_to="r",
            message_id="m", timestamp=1_700_000_000, type="shipped", app_id="carrier", user_id="guest",
        )  # fmt: skip
        aside = Aside(rabbitmq_server.url, queue=inbound.early if early else inbound.dead, timeout=5)

        aside.put(b"{}", theirs, headers={"x": 1}, seconds=60 if early else None)

        aside.close()
        with rabbitmq_server.channel() as channel:
            _, kept, body = channel.basic_get(inbound.early if early else inbound.dead, auto_ack=True)
        assert theirs.headers is None
        changed = {"headers": {"x": 1}, "delivery_mode": 2, "expiration": "60000" if early else None, "user_id": None}
        assert (body, vars(kept)) == (b"{}", vars(theirs) | changed)

    def test_a_queue_of_another_kind_is_taken_as_it_is(self, rabbitmq_server: RabbitServer) -> None:
        inbound = Inbound(queue=rabbitmq_server.queue("classic"))
        with rabbitmq_server.channel() as channel:
            channel.queue_declare(inbound.queue, durable=True)
            channel.basic_publish("", inbound.queue, b"one")
        inlet = InRabbitMQ(rabbitmq_server.url, inbound)
        got: list[bytes] = []

        take_until(inlet, got.append, lambda: bool(got))

        assert got == [b"one"]
        inlet.close()


def test_what_is_early_has_more_time_than_a_booking_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    assert rabbitmq.PAUSE * rabbitmq.PAUSES > 60 > LEASE.total_seconds()
    assert LEASE.total_seconds() < kafka.YOUNG
