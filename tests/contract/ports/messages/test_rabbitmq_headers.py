"""Headers of a publisher at the RabbitMQ consumer: none blocks it, and none sends a copy to another queue."""

import struct
from contextlib import closing
from functools import reduce
from typing import Any

import pytest
from pika import BasicProperties, data

from orders_adapters.rabbitmq.message_consumer import REASON
from orders_adapters.rabbitmq.message_consumer import RabbitMqMessageConsumer as InRabbitMQ
from orders_adapters.rabbitmq.topology import ConsumerQueue
from orders_adapters.testing.message_consumer import poll_until
from orders_domain.errors import PrerequisiteMissing
from tests.support.servers.rabbitmq import RabbitServer

pytestmark = pytest.mark.usefixtures("short_delays")


def table(name: str | bytes, value: bytes) -> bytes:
    """A table with one encoded value, as pika would not encode it."""
    key = name.encode() if isinstance(name, str) else name
    content = bytes([len(key)]) + key + value
    return struct.pack(">I", len(content)) + content


def received(server: RabbitServer, properties: BasicProperties, *, early: bool = False) -> tuple[Any, list[bytes]]:
    """Publish a bad message behind an exchange of its own, and a valid one; return the dead letter's properties."""
    exchange, inbound = server.name("carrier"), ConsumerQueue(queue=server.queue("headers"))
    with server.channel() as channel:
        inbound.declare(channel)
        channel.exchange_declare(exchange)
        channel.queue_bind(inbound.queue, exchange, "tracking")
        for body, its in ((b"bad", properties), (b"valid", BasicProperties())):
            channel.basic_publish(exchange, "tracking", body, its)
    seen: list[bytes] = []

    def handle(message: bytes) -> str | None:
        seen.append(message)
        if message == b"bad" and early and seen.count(b"bad") == 1:
            raise PrerequisiteMissing("It is early.")
        return "x" * 1_000 if message == b"bad" else None

    with closing(InRabbitMQ(server.url, inbound, timeout=5.0)) as consumer:
        poll_until(consumer, handle, lambda: seen.count(b"bad") > early and b"valid" in seen)  # at least once
    with server.channel() as channel:
        _, parked, body = channel.basic_get(inbound.dead_letter, auto_ack=True)
    assert body == b"bad"
    parked.headers.pop("x-delivery-count", None)  # of the broker
    return parked, seen


def test_no_copy_goes_to_the_queues_of_cc(rabbitmq_server: RabbitServer) -> None:
    """A carrier may write to the exchange only; the copy goes to the default exchange, which reaches every queue."""
    facts = rabbitmq_server.name("payment-facts")
    with rabbitmq_server.channel() as channel:
        channel.queue_declare(facts, durable=True)

    parked, _ = received(rabbitmq_server, BasicProperties(headers={"CC": [facts], "trace": "kept"}))

    assert parked.headers == {"trace": "kept", REASON: "x" * 1_000}
    with rabbitmq_server.channel() as channel:
        assert channel.basic_get(facts, auto_ack=True)[2] is None


@pytest.mark.parametrize("early", [False, True])
def test_headers_that_fill_a_frame_block_nothing(rabbitmq_server: RabbitServer, early: bool) -> None:
    parked, _ = received(rabbitmq_server, BasicProperties(headers={"a": "x" * 131_035}, type="event"), early=early)

    assert (parked.type, parked.headers) == ("event", {REASON: "x" * 1_000})


UNREADABLE = {
    "time after the year 9999": table("a", b"T" + struct.pack(">Q", 10**15)),
    "time beyond 64 bits": table("a", b"T" + struct.pack(">Q", 2**64 - 1)),
    "name that is not text": table(b"\xff", b"t\1"),
    "deep tables": reduce(lambda inner, _: table("a", b"F" + inner), range(600), table("a", b"t\1")),
}


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("encoded", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_headers_block_nothing(
    rabbitmq_server: RabbitServer, monkeypatch: pytest.MonkeyPatch, encoded: bytes, early: bool
) -> None:
    """Without the bad message's acknowledgement the broker would dead-letter the valid one with it."""
    encode = data.encode_table

    def encode_table(pieces: list[bytes], headers: Any) -> int:
        if headers != {"raw": True}:
            return int(encode(pieces, headers))
        pieces.append(encoded)
        return len(encoded)

    monkeypatch.setattr(data, "encode_table", encode_table)

    parked, seen = received(rabbitmq_server, BasicProperties(headers={"raw": True}), early=early)

    assert parked.headers == {REASON: "x" * 1_000}
    assert seen.count(b"valid") == 1
