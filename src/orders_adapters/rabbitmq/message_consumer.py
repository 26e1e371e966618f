"""RabbitMQ message consumer: acknowledges handled, dead-lettered and delayed messages."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError, ChannelClosedByBroker
from pika.spec import Basic, BasicProperties

from orders_adapters.rabbitmq.nodes import Nodes
from orders_adapters.rabbitmq.parking_queue import ParkingQueue
from orders_adapters.rabbitmq.tolerant_connection import TolerantConnection
from orders_adapters.rabbitmq.topology import ConsumerQueue
from orders_domain.errors import BrokerUnavailable, PrerequisiteMissing
from orders_domain.ports.message_consumer import MessageConsumer, MessageHandler

HEARTBEAT = 60  # seconds; long, because no heartbeat is sent while a message is handled
PREFETCH = 20
REASON = "x-dead-letter-reason"
MAX_REASON_LENGTH = 1_000
RETRY_COUNT = "x-retry-count"
"""The number of retries of an early message. Each copy has its own count, so that retries are limited."""
RETRY_DELAY, MAX_RETRIES = 5.0, 13  # seconds between retries of an early message; in total more than a minute
MAX_RETRY_DELAY = 300.0  # seconds, for messages whose delay doubles; 13 retries then take 40 minutes
_PRECONDITION_FAILED = 406

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Delivery:
    method: Basic.Deliver
    properties: BasicProperties
    body: bytes

    @property
    def retry_count(self) -> int:
        """The retries so far. An invalid or negative value of a publisher counts as 0."""
        count = (self.properties.headers or {}).get(RETRY_COUNT)
        return max(count, 0) if type(count) is int else 0


def own_headers(properties: BasicProperties) -> dict[str, Any]:
    """Return the headers of the publisher that a copy may have: those with a text as name and a single value.

    Without those of retries and dead-lettering. Tables and lists are left out, because deep ones cannot be sent
    again, and because the broker also sends a copy to each queue that the lists CC and BCC name.
    """
    others = (RETRY_COUNT, "x-death", "x-first-death-", "x-last-death-")
    return {
        name: value
        for name, value in (properties.headers or {}).items()
        if isinstance(name, str) and not name.startswith(others) and not isinstance(value, dict | list)
    }


class RabbitMqMessageConsumer(MessageConsumer):
    """See ``orders_domain.ports.message_consumer``. A message that cannot be handled blocks this consumer.

    An early message waits in a retry queue, from which the broker returns it to the end of the queue.
    """

    def __init__(self, url: str, queue: ConsumerQueue, *, timeout: float = 10.0) -> None:
        self._queue = queue
        self._nodes = _nodes(url, timeout)
        self._dead_letters = ParkingQueue(
            url, queue=queue.dead_letter, timeout=timeout, arguments=queue.dead_letter_arguments
        )
        self._retries = ParkingQueue(url, queue=queue.retry, timeout=timeout, arguments=queue.retry_arguments)
        self._connection: BlockingConnection | None = None
        self._current: _Delivery | None = None

    def poll(self, handler: MessageHandler, *, timeout: float) -> bool:
        with self._session() as channel:
            self._current = self._current or self._next(channel, timeout)
        message = self._current
        if message is None:
            return False
        done = self._handle(message, handler)
        with self._session() as channel:
            channel.basic_ack(message.method.delivery_tag)
            self._current = None
        return done

    def close(self) -> None:
        self._dead_letters.close()
        self._retries.close()
        self._disconnect()

    def _handle(self, message: _Delivery, handler: MessageHandler) -> bool:
        """Return True if the message is handled or dead-lettered, and False if it is delayed for a retry."""
        headers = own_headers(message.properties)
        try:
            reason = handler(message.body)
        except PrerequisiteMissing as early:
            if message.retry_count < MAX_RETRIES:
                count = {RETRY_COUNT: message.retry_count + 1}
                delay = min(RETRY_DELAY * 2**message.retry_count, MAX_RETRY_DELAY) if early.backs_off else RETRY_DELAY
                self._retries.publish(message.body, message.properties, headers=headers, ours=count, timeout=delay)
                return False
            reason = str(early)
            _log.warning("message.dead_lettered: the retries are exhausted: %(error)s", {"error": reason})
        if reason is not None:
            because = {REASON: reason[:MAX_REASON_LENGTH]}
            self._dead_letters.publish(message.body, message.properties, headers=headers, ours=because)
        return True

    def _next(self, channel: BlockingChannel, timeout: float) -> _Delivery | None:
        delivery = next(channel.consume(self._queue.queue, inactivity_timeout=timeout), None)
        if delivery is None:
            raise BrokerUnavailable(f"RabbitMQ has cancelled the consumer of {self._queue.queue}.")
        return None if delivery[0] is None else _Delivery(*delivery)

    @contextmanager
    def _session(self) -> Iterator[BlockingChannel]:
        """Close a failed connection. The current message is discarded, because the broker delivers it again."""
        try:
            connection = self._connection or self._connect()
            connection.process_data_events(0)  # sends heartbeats
            yield self._channel
        except (AMQPError, OSError) as error:
            self._disconnect()
            raise BrokerUnavailable(f"RabbitMQ is unavailable: {error!r}") from error
        except BrokerUnavailable:
            self._disconnect()
            raise

    def _connect(self) -> BlockingConnection:
        self._connection = connection = self._nodes.connect(
            lambda parameters: BlockingConnection(parameters, _impl_class=TolerantConnection),
            failures=(AMQPError, OSError),
        )
        # Each in a channel of its own, which a rejection closes: that of an earlier release's queue of dead letters.
        for declare in (self._queue.declare_dead_letter, self._queue.declare_queue):
            try:
                declare(connection.channel())
            except ChannelClosedByBroker as refusal:
                if refusal.reply_code != _PRECONDITION_FAILED:
                    raise
                _log.warning(
                    "queue.declaration_rejected: the existing queue is used: %(error)s", {"error": refusal.reply_text}
                )
        self._channel = connection.channel()
        self._channel.basic_qos(prefetch_count=PREFETCH)
        return connection

    def _disconnect(self) -> None:
        connection, self._connection, self._current = self._connection, None, None
        with suppress(AMQPError, OSError):
            if connection is not None and connection.is_open:
                connection.close()


def _nodes(url: str, timeout: float) -> Nodes:
    nodes = Nodes(
        url,
        client_properties={"connection_name": "orders consumer"},
        connection_attempts=1,
        retry_delay=0,
        socket_timeout=timeout,
        stack_timeout=timeout,
        blocked_connection_timeout=timeout,
    )
    nodes.set_default("heartbeat", HEARTBEAT)
    return nodes
