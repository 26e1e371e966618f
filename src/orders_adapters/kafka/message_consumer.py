"""A topic of Kafka whose messages come in: committed when done, and what can never be done put aside."""

from __future__ import annotations

import logging
import time
from contextlib import suppress

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from orders_adapters.kafka.producer import Options, Record, Sending, refuse_unknown
from orders_domain.errors import BrokerUnavailable, PrerequisiteMissing, PublisherUnavailable
from orders_domain.ports.message_consumer import Handle

REASON = "reason"
LONGEST_REASON = 1_000
YOUNG = 30.0  # seconds since a message was sent, in which it may be early; longer than an order takes to be stored
PAUSE = 0.5  # seconds between two tries of an early message

_log = logging.getLogger(__name__)


class Inlet:
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
        refuse_unknown(Consumer, self._settings)
        self._dead = Sending(servers, options=options or {}, timeout=timeout)
        self._consumer: Consumer | None = None

    @property
    def dead(self) -> str:
        return f"{self._topic}.dead"

    def take(self, handle: Handle, *, within: float) -> bool:
        consumer = self._consuming()
        try:
            message = consumer.poll(within)
        except KafkaException as error:
            self._hang_up()
            raise BrokerUnavailable(f"Kafka is away: {error}.") from error
        if message is None or _passing(message.error()):
            return False
        if (trouble := message.error()) is not None:
            raise BrokerUnavailable(f"Kafka gives no messages: {trouble.str()}.")
        try:
            self._do(message, handle)
        except PrerequisiteMissing:
            _put_back(consumer, message)
            time.sleep(min(within, PAUSE))
            return False
        except BaseException:
            _put_back(consumer, message)
            raise
        _commit(consumer, message)
        return True

    def close(self) -> None:
        self._dead.close()
        self._hang_up()

    def _do(self, message: Message, handle: Handle) -> None:
        body = message.value() or b""
        try:
            reason = handle(body)
        except PrerequisiteMissing as early:
            if _is_young(message):
                raise
            reason = str(early)
            _log.warning("A message stayed early, and is put aside: %s", reason)
        if reason is not None:
            self._bury(message, body, reason)

    def _bury(self, message: Message, body: bytes, reason: str) -> None:
        origin = f"{message.topic()}/{message.partition()}/{message.offset()}"
        headers: dict[str, str | bytes | None] = {REASON: reason[:LONGEST_REASON].encode(), "origin": origin.encode()}
        record = Record(topic=self.dead, key=message.key(), value=body, headers=headers)
        try:
            (refusal,) = self._dead.send([record])
        except PublisherUnavailable as error:
            raise BrokerUnavailable(str(error)) from error
        if refusal is not None:
            raise BrokerUnavailable(f"Kafka did not take a dead letter: {refusal}.")

    def _consuming(self) -> Consumer:
        if self._consumer is None:
            self._consumer = Consumer(self._settings)
            self._consumer.subscribe([self._topic])
        return self._consumer

    def _hang_up(self) -> None:
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


def _passing(error: KafkaError | None) -> bool:
    """What passes by itself and has nothing to do with a message."""
    return error is not None and (error.retriable() or error.code() == KafkaError._PARTITION_EOF)


def _is_young(message: Message) -> bool:
    """By the clock of whoever sent it, or of the broker; one that tells no time, or one far ahead, is old."""
    _, sent = message.timestamp()
    return abs(time.time() - sent / 1000) < YOUNG


def _put_back(consumer: Consumer, message: Message) -> None:
    """Be given it again. A partition that is no longer ours begins elsewhere, from the last commit."""
    with suppress(KafkaException):
        consumer.seek(TopicPartition(message.topic() or "", message.partition() or 0, message.offset() or 0))


def _commit(consumer: Consumer, message: Message) -> None:
    try:
        consumer.commit(message=message, asynchronous=False)
    except KafkaException as error:  # it is done, and will come again: whoever handles it bears that
        _log.warning("Kafka did not take a commit; the message comes again: %s", error)
