"""Idempotent Kafka producer: a record counts as sent when all in-sync replicas have it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer

from orders_domain.errors import PublisherUnavailable
from orders_domain.ports.event_publisher import Unpublishable

Options = Mapping[str, str]
"""Options of librdkafka in addition to the brokers' addresses, such as credentials."""

_PERMANENT = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG, KafkaError._INVALID_ARG}
"""Errors that the record causes. All others are caused by the cluster and may be transient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record. Records of the same key stay in order."""

    topic: str
    key: str | bytes | None
    value: bytes
    headers: dict[str, str | bytes | None] = field(default_factory=dict)


class IdempotentProducer:
    """Serializes the calls of threads, and connects when first used. ``send`` ends within ``timeout`` seconds.

    Raises:
        ValueError: librdkafka does not accept an option or its value.
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
        """Send the records in this order. Return for each None, or the reason of its rejection.

        Raises:
            PublisherUnavailable: the cluster is unavailable; any of the records may have been stored.
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
        """Check that a broker responds within ``timeout`` seconds, and raise PublisherUnavailable if not."""
        try:
            self._client().list_topics(timeout=timeout)
        except KafkaException as error:
            raise PublisherUnavailable("Kafka does not respond.") from error

    def close(self) -> None:
        """Disconnect, and discard the unconfirmed records."""
        producer, self._producer = self._producer, None
        if producer is not None and self._pid == os.getpid():
            producer.purge(in_queue=True, in_flight=True, blocking=False)
            producer.flush(0)

    def _send(self, records: Sequence[Record]) -> Sequence[str | None]:
        results: dict[int, KafkaError | None] = {}
        producer = self._client()
        for index, record in enumerate(records):

            def on_delivery(error: KafkaError | None, _: Message, index: int = index) -> None:
                results[index] = error

            try:
                headers = list(record.headers.items())
                producer.produce(record.topic, record.value, record.key, headers=headers, on_delivery=on_delivery)
            except KafkaException as error:
                results[index] = error.args[0]
            except BufferError as error:
                self.close()
                raise PublisherUnavailable("The queue of the Kafka producer is full.") from error
        _await(producer, results, len(records), self._timeout)
        if len(results) < len(records) or any(_is_retriable(error) for error in results.values()):
            self.close()  # because none of these records may arrive after a later one
            reason = next((str(error) for error in results.values() if _is_retriable(error)), "no response")
            raise PublisherUnavailable(f"Kafka is unavailable: {reason}.")
        errors = [results[index] for index in range(len(records))]
        return [None if error is None else Unpublishable(error.str()) for error in errors]

    def _client(self) -> Producer:
        if self._producer is None:
            self._producer = Producer(self._settings)
        return self._producer


def validate_options(kind: type[Producer | Consumer], settings: Mapping[str, object]) -> None:
    """Validate the settings by creating a client of the kind, which connects to no server.

    Raises:
        ValueError: an option, its value or a combination of options is invalid.
    """
    try:
        client = kind({**settings, "bootstrap.servers": "", "log_level": 0})
        if isinstance(client, Consumer):
            client.close()
    except KafkaException as error:
        raise ValueError(error.args[0].str()) from error


def _await(producer: Producer, results: Mapping[int, object], count: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while len(results) < count and (remaining := deadline - time.monotonic()) > 0:
        producer.flush(min(remaining, 0.1))  # short, so that Ctrl-C is handled


def _is_retriable(error: KafkaError | None) -> bool:
    return error is not None and error.code() not in _PERMANENT
