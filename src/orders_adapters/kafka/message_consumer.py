"""A topic of Kafka whose messages come in: committed when done, and what can never be done put aside."""

from __future__ import annotations

import logging
import time
from contextlib import suppress

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from orders_adapters.kafka.producer import IdempotentProducer, Options, Record, validate_options
from orders_domain.errors import BrokerUnavailable, PrerequisiteMissing, PublisherUnavailable
from orders_domain.ports.message_consumer import MessageConsumer, MessageHandler

REASON = "reason"
MAX_REASON_LENGTH = 1_000
RETRY_WINDOW = (
    30.0  # seconds since a message was sent, in which it may be early; longer than an order takes to be stored
)
RETRY_DELAY = 0.5  # seconds between two tries of an early message

_log = logging.getLogger(__name__)


class KafkaMessageConsumer(MessageConsumer):
    """See ``orders_domain.ports.message_consumer``. Consumers of one group share the topic's partitions.

    While a message cannot be handled, none of its partition is; so one that is early is waited for only while it is
    young, and many of them no longer than one. A partition that went to another consumer in the middle of a message is
    taken up there from the last commit, so that message comes twice.

    Raises:
        ValueError: librdkafka does not know an option, or its value.
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
            "topic.metadata.refresh.interval.ms": 10_000,  # a topic made after us is seen soon
            **(options or {}),
        }
        validate_options(Consumer, self._settings)
        self._dead = IdempotentProducer(servers, options=options or {}, timeout=timeout)
        self._consumer: Consumer | None = None

    @property
    def dead_letter_topic(self) -> str:
        return f"{self._topic}.dead"

    def poll(self, handler: MessageHandler, *, timeout: float) -> bool:
        consumer = self._connected()
        try:
            message = consumer.poll(timeout)
        except KafkaException as error:
            self._disconnect()
            raise BrokerUnavailable(f"Kafka is away: {error}.") from error
        if message is None or _is_transient(message.error()):
            return False
        if (trouble := message.error()) is not None:
            raise BrokerUnavailable(f"Kafka gives no messages: {trouble.str()}.")
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
        self._dead.close()
        self._disconnect()

    def _handle(self, message: Message, handler: MessageHandler) -> None:
        body = message.value() or b""
        try:
            reason = handler(body)
        except PrerequisiteMissing as early:
            if _is_recent(message):
                raise
            reason = str(early)
            _log.warning("A message stayed early, and is put aside: %s", reason)
        if reason is not None:
            self._dead_letter(message, body, reason)

    def _dead_letter(self, message: Message, body: bytes, reason: str) -> None:
        origin = f"{message.topic()}/{message.partition()}/{message.offset()}"
        headers: dict[str, str | bytes | None] = {
            REASON: reason[:MAX_REASON_LENGTH].encode(),
            "origin": origin.encode(),
        }
        record = Record(topic=self.dead_letter_topic, key=message.key(), value=body, headers=headers)
        try:
            (refusal,) = self._dead.send([record])
        except PublisherUnavailable as error:
            raise BrokerUnavailable(str(error)) from error
        if refusal is not None:
            raise BrokerUnavailable(f"Kafka did not take a dead letter: {refusal}.")

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
    """Leave the group.

    A rebalance that is pending when close begins is answered inside close, where nobody replies any more: librdkafka
    waits for ever, and Python's lock with it. So the consumer leaves first, and the pending event is polled.
    """
    with suppress(KafkaException, RuntimeError):
        consumer.unsubscribe()
        consumer.poll(0)
    with suppress(KafkaException, RuntimeError):
        consumer.close()


def _is_transient(error: KafkaError | None) -> bool:
    """What passes by itself and has nothing to do with a message."""
    return error is not None and (error.retriable() or error.code() == KafkaError._PARTITION_EOF)


def _is_recent(message: Message) -> bool:
    """By the clock of whoever sent it, or of the broker; one that tells no time, or one far ahead, is old."""
    _, sent = message.timestamp()
    return abs(time.time() - sent / 1000) < RETRY_WINDOW


def _seek_back(consumer: Consumer, message: Message) -> None:
    """Be given it again. A partition that is no longer ours begins elsewhere, from the last commit."""
    with suppress(KafkaException):
        consumer.seek(TopicPartition(message.topic() or "", message.partition() or 0, message.offset() or 0))


def _commit(consumer: Consumer, message: Message) -> None:
    try:
        consumer.commit(message=message, asynchronous=False)
    except KafkaException as error:  # it is done, and will come again: whoever handles it bears that
        _log.warning("Kafka did not take a commit; the message comes again: %s", error)
