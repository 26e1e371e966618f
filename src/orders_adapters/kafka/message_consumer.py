"""Kafka message consumer: commits handled messages, and publishes rejected ones to a dead-letter topic."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import replace

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from orders_adapters.kafka.producer import IdempotentProducer, Options, Record, validate_options
from orders_domain.errors import BrokerUnavailable, PrerequisiteMissing, PublisherUnavailable
from orders_domain.ports.event_publisher import Unpublishable
from orders_domain.ports.message_consumer import MessageConsumer, MessageHandler

REASON = "x-dead-letter-reason"
ORIGIN = "x-dead-letter-origin"  # topic/partition/offset
MAX_REASON_LENGTH = 1_000
RETRY_WINDOW = 30.0  # seconds since publication in which an early message is retried; an order is stored sooner
RETRY_DELAY = 0.5  # seconds between two attempts of an early message

_log = logging.getLogger(__name__)


class KafkaMessageConsumer(MessageConsumer):
    """See ``orders_domain.ports.message_consumer``. Consumers of one group share the topic's partitions.

    A message that cannot be handled blocks its partition. Therefore an early message is retried only for RETRY_WINDOW
    after its publication, so many of them delay the partition no longer than one. If a partition is reassigned while a
    message is handled, the new consumer starts at the last commit and consumes the message again.

    Raises:
        ValueError: librdkafka does not accept an option or its value.
    """

    def __init__(
        self, servers: str, *, topic: str, group: str, options: Options | None = None, timeout: float = 10.0
    ) -> None:
        self._topic = topic
        self._settings = {
            "bootstrap.servers": servers,
            "group.id": group,
            "client.id": "orders",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "partition.assignment.strategy": "cooperative-sticky",
            "topic.metadata.refresh.interval.ms": 10_000,  # to find a topic that is created after the start
            **(options or {}),
        }
        validate_options(Consumer, self._settings)
        self._dead_letters = IdempotentProducer(servers, options=options or {}, timeout=timeout)
        self._consumer: Consumer | None = None

    @property
    def dead_letter_topic(self) -> str:
        return f"{self._topic}.dlq"

    def poll(self, handler: MessageHandler, *, timeout: float) -> bool:
        consumer = self._connected()
        try:
            message = consumer.poll(timeout)
        except KafkaException as error:
            self._disconnect()
            raise BrokerUnavailable(f"Kafka is unavailable: {error}.") from error
        if message is None or _is_transient(message.error()):
            return False
        if (failure := message.error()) is not None:
            raise BrokerUnavailable(f"Kafka delivers no messages: {failure.str()}.")
        try:
            self._handle(message, handler)
        except PrerequisiteMissing:
            _seek_back(consumer, message)
            time.sleep(min(timeout, RETRY_DELAY))
            return False
        except BaseException:
            _seek_back(consumer, message)
            raise
        _commit(consumer, message)
        return True

    def close(self) -> None:
        self._dead_letters.close()
        self._disconnect()

    def _handle(self, message: Message, handler: MessageHandler) -> None:
        body = message.value() or b""
        try:
            reason = handler(body)
        except PrerequisiteMissing as early:
            if _is_recent(message):
                raise
            reason = str(early)
            _log.warning("message.dead_lettered: the retries are exhausted: %(error)s", {"error": reason})
        if reason is not None:
            self._dead_letter(message, body, reason)

    def _dead_letter(self, message: Message, body: bytes, reason: str) -> None:
        """Publish the record with its reason and origin; only with these if it is too large with them.

        A record of the greatest size that the cluster accepts has no room for them, and would block its partition.
        """
        origin = f"{message.topic()}/{message.partition()}/{message.offset()}"
        headers: dict[str, str | bytes | None] = {
            REASON: reason[:MAX_REASON_LENGTH].encode(),
            ORIGIN: origin.encode(),
        }
        record = Record(topic=self.dead_letter_topic, key=message.key(), value=body, headers=headers)
        try:
            (refusal,) = self._dead_letters.send([record])
            if isinstance(refusal, Unpublishable):
                (refusal,) = self._dead_letters.send([replace(record, key=None, value=b"")])
        except PublisherUnavailable as error:
            raise BrokerUnavailable(str(error)) from error
        if refusal is not None:
            raise BrokerUnavailable(f"Kafka rejected a dead letter: {refusal}.")

    def _connected(self) -> Consumer:
        if self._consumer is None:
            self._consumer = Consumer(self._settings)
            self._consumer.subscribe([self._topic])
        return self._consumer

    def _disconnect(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            _close(consumer)


def _close(consumer: Consumer) -> None:
    """Leave the group and close the consumer.

    The consumer unsubscribes first and polls the pending event, because librdkafka waits without limit in close for a
    reply to a pending rebalance, and holds Python's lock.
    """
    with suppress(KafkaException, RuntimeError):
        consumer.unsubscribe()
        consumer.poll(0)
    with suppress(KafkaException, RuntimeError):
        consumer.close()


def _is_transient(error: KafkaError | None) -> bool:
    """Return whether the error is retriable, or only marks the end of a partition."""
    return error is not None and (error.retriable() or error.code() == KafkaError._PARTITION_EOF)


def _is_recent(message: Message) -> bool:
    """Compare the timestamp of the producer or broker. A missing one, or one far in the future, counts as old."""
    _, sent = message.timestamp()
    return abs(time.time() - sent / 1000) < RETRY_WINDOW


def _seek_back(consumer: Consumer, message: Message) -> None:
    """Consume the message again. If the partition was reassigned, its new consumer starts at the last commit."""
    with suppress(KafkaException):
        consumer.seek(TopicPartition(message.topic() or "", message.partition() or 0, message.offset() or 0))


def _commit(consumer: Consumer, message: Message) -> None:
    try:
        consumer.commit(message=message, asynchronous=False)
    except KafkaException as error:  # the handler is idempotent, so a second delivery is harmless
        _log.warning("offset.commit_rejected: the message will be delivered again: %(error)s", {"error": str(error)})
