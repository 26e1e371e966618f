"""Records to Kafka, each safe on all in-sync replicas before it counts as sent."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer

from orders_domain.errors import PublisherUnavailable

Options = Mapping[str, str]
"""What librdkafka is told beside the brokers' addresses, such as how to log in."""

_PERMANENT = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG, KafkaError._INVALID_ARG}
"""What the record is to blame for; anything else is the cluster's trouble, and may pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record; records of one key stay in their order."""

    topic: str
    key: str | bytes | None
    value: bytes
    headers: dict[str, str | bytes | None] = field(default_factory=dict)


class IdempotentProducer:
    """An idempotent producer. Threads take turns; it connects when used. ``send`` ends within ``timeout`` seconds.

    Raises:
        ValueError: librdkafka does not know an option, or its value.
    """

    def __init__(self, servers: str, *, options: Options, timeout: float) -> None:
        self._settings = {
            "bootstrap.servers": servers,
            "client.id": "orders",
            "enable.idempotence": True,
            "acks": "all",
            "linger.ms": 2,
            "message.timeout.ms": max(1, int(timeout * 900)),
            **options,
        }
        validate_options(Producer, self._settings)
        self._timeout = timeout
        self._producer: Producer | None = None
        self._lock, self._pid = threading.Lock(), os.getpid()

    def send(self, records: Sequence[Record]) -> Sequence[str | None]:
        """Send the records in this order; return for each None, or why it will never be taken.

        Raises:
            PublisherUnavailable: the cluster is away or does not answer; any of the records may have been taken.
        """
        if self._pid != os.getpid():  # a producer's threads do not survive a fork
            self._producer, self._lock, self._pid = None, threading.Lock(), os.getpid()
        if not self._lock.acquire(timeout=self._timeout):
            raise PublisherUnavailable("Another thread is still waiting for Kafka.")
        try:
            return self._send(records)
        finally:
            self._lock.release()

    def ping(self, *, timeout: float) -> None:
        """Return if a broker answers in time, and raise PublisherUnavailable if not."""
        try:
            self._client().list_topics(timeout=timeout)
        except KafkaException as error:
            raise PublisherUnavailable("Kafka does not answer.") from error

    def close(self) -> None:
        """Hang up; what was not confirmed is not sent any more."""
        producer, self._producer = self._producer, None
        if producer is not None and self._pid == os.getpid():
            producer.purge(in_queue=True, in_flight=True, blocking=False)
            producer.flush(0)

    def _send(self, records: Sequence[Record]) -> Sequence[str | None]:
        heard: dict[int, KafkaError | None] = {}
        producer = self._client()
        for place, record in enumerate(records):

            def hear(error: KafkaError | None, _: Message, place: int = place) -> None:
                heard[place] = error

            try:
                headers = list(record.headers.items())
                producer.produce(record.topic, record.value, record.key, headers=headers, on_delivery=hear)
            except KafkaException as error:
                heard[place] = error.args[0]
            except BufferError as error:
                self.close()
                raise PublisherUnavailable("Kafka takes no more for now.") from error
        _await(producer, heard, len(records), self._timeout)
        if len(heard) < len(records) or any(_is_retriable(error) for error in heard.values()):
            self.close()  # nothing of this may arrive behind what is sent next
            why = next((str(error) for error in heard.values() if _is_retriable(error)), "no answer")
            raise PublisherUnavailable(f"Kafka is away: {why}.")
        verdicts = [heard[place] for place in range(len(records))]
        return [None if verdict is None else verdict.str() for verdict in verdicts]

    def _client(self) -> Producer:
        if self._producer is None:
            self._producer = Producer(self._settings)
        return self._producer


def validate_options(kind: type[Producer | Consumer], settings: Mapping[str, object]) -> None:
    """Return if the library takes the settings. Only a client of the kind tells; this one connects to no server.

    Raises:
        ValueError: it does not know one, or its value, or minds one beside another.
    """
    try:
        client = kind({**settings, "bootstrap.servers": "", "log_level": 0})
        if isinstance(client, Consumer):
            client.close()
    except KafkaException as error:
        raise ValueError(error.args[0].str()) from error


def _await(producer: Producer, heard: Mapping[int, object], count: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while len(heard) < count and (left := deadline - time.monotonic()) > 0:
        producer.flush(min(left, 0.1))  # briefly, lest Ctrl-C waits


def _is_retriable(error: KafkaError | None) -> bool:
    return error is not None and error.code() not in _PERMANENT
