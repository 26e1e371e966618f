"""Dead letters in RabbitMQ, each queue's in a queue of its own (see ``topology.ConsumerQueue``)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from itertools import islice
from typing import Any, TypeAlias

from pika import BasicProperties, DeliveryMode
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError, ChannelClosedByBroker
from pika.spec import Basic

from orders_adapters.rabbitmq.message_consumer import REASON, own_headers
from orders_adapters.rabbitmq.nodes import Nodes
from orders_adapters.rabbitmq.tolerant_connection import TolerantConnection
from orders_adapters.rabbitmq.topology import ConsumerQueue
from orders_domain.errors import BrokerUnavailable
from orders_domain.ports.events.dead_letters import DeadLetter, DeadLetterPage, DeadLetters, dead_letter_id

TIMEOUT = 5.0  # seconds for the connection to each node
HEARTBEAT = 2  # seconds; a connection to a frozen broker is closed after 14 s at most (pika checks at 7 s, and at 14 s)
WAIT = 1.0  # seconds for the next message, which another client may have
PREFETCH = 10  # messages in memory while each is requeued
_MAX_PREFETCH = 65_535
_NOT_FOUND = 404
_Message: TypeAlias = tuple[Basic.Deliver, BasicProperties, bytes]


class RabbitMqDeadLetters(DeadLetters):
    """Consumes without acknowledgements: a message that is not requeued returns when the channel is closed.

    They return together and in their sequence, because one consumer had them: a quorum queue shuffles those of
    ``basic_get``. It puts them behind others that were returned before, so that after a long list a short one goes on.
    """

    def __init__(self, url: str, queues: Sequence[ConsumerQueue], *, timeout: float = TIMEOUT) -> None:
        self._queues = queues
        self._nodes = Nodes(
            url,
            client_properties={"connection_name": "orders dead letters"},
            connection_attempts=1,
            heartbeat=HEARTBEAT,
            socket_timeout=timeout,
            stack_timeout=timeout,
            blocked_connection_timeout=timeout,
        )

    def select(self, *, limit: int) -> DeadLetterPage:
        letters: list[DeadLetter] = []
        total = 0
        with self._connection() as connection:
            for queue, channel, waiting in self._waiting(connection):
                total, number = total + waiting, min(waiting, limit)
                for _, properties, body in _taken(channel, queue.dead_letter, number, prefetch=number):
                    letters.append(DeadLetter.of(body, queue=queue.queue, reason=_reason(properties)))
        return DeadLetterPage(letters=letters, total=total)

    def requeue(self, ids: Collection[str] | None = None, *, limit: int | None = None) -> int:
        requeued = 0
        with self._connection() as connection:
            for queue, channel, waiting in self._waiting(connection):
                left = waiting if limit is None else min(waiting, limit - requeued)
                channel.confirm_delivery()
                if ids is None and left < waiting:
                    requeued += _requeue_first(channel, queue, left)
                else:
                    requeued += _requeue(channel, queue, ids, waiting)
        return requeued

    def _waiting(self, connection: BlockingConnection) -> Iterator[tuple[ConsumerQueue, BlockingChannel, int]]:
        """Yield each queue that has dead letters, with a channel and their number."""
        for queue in self._queues:
            channel = connection.channel()
            try:
                waiting = channel.queue_declare(queue.dead_letter, passive=True).method.message_count
            except ChannelClosedByBroker as refusal:
                if refusal.reply_code != _NOT_FOUND:
                    raise
                continue  # no consumer has been started yet
            if waiting:
                yield queue, channel, waiting
            channel.close()

    @contextmanager
    def _connection(self) -> Iterator[BlockingConnection]:
        connection = None
        try:
            connection = self._nodes.connect(
                lambda node: BlockingConnection(node, _impl_class=TolerantConnection), failures=(AMQPError, OSError)
            )
            yield connection
        except (AMQPError, OSError) as error:
            raise BrokerUnavailable(f"RabbitMQ is unavailable: {error!r}") from error
        finally:
            with suppress(AMQPError, OSError):
                if connection is not None and connection.is_open:
                    connection.close()


def _taken(channel: BlockingChannel, queue: str, number: int, *, prefetch: int) -> Iterator[_Message]:
    """Yield so many messages of the queue, or fewer if another client has them.

    ``prefetch`` is the greatest number of messages that are neither acknowledged nor returned.
    """
    channel.basic_qos(prefetch_count=prefetch if prefetch <= _MAX_PREFETCH else 0)
    for message in islice(channel.consume(queue, inactivity_timeout=WAIT), number):
        if message[0] is None:
            return
        yield message


def _requeue(channel: BlockingChannel, queue: ConsumerQueue, ids: Collection[str] | None, waiting: int) -> int:
    """Requeue the chosen ones, or all that wait; no more, because one that is rejected again returns to this queue."""
    requeued = 0
    prefetch = PREFETCH if ids is None else waiting
    for method, properties, body in _taken(channel, queue.dead_letter, waiting, prefetch=prefetch):
        if ids is None or dead_letter_id(body, queue=queue.queue) in ids:
            channel.basic_publish("", queue.queue, body, _as_new(properties), mandatory=True)
            channel.basic_ack(method.delivery_tag)
            requeued += 1
    return requeued


def _requeue_first(channel: BlockingChannel, queue: ConsumerQueue, number: int) -> int:
    """Requeue the first messages. Others that were delivered, too, would return behind the rest."""
    last, requeued = 0, 0
    if number:
        for method, properties, body in _taken(channel, queue.dead_letter, number, prefetch=number):
            channel.basic_publish("", queue.queue, body, _as_new(properties), mandatory=True)
            last, requeued = method.delivery_tag, requeued + 1
        channel.cancel()  # an acknowledgement would let the broker deliver the next one
    if requeued:
        channel.basic_ack(last, multiple=True)
    return requeued


def _reason(properties: BasicProperties) -> str:
    reason = (properties.headers or {}).get(REASON)
    return reason if isinstance(reason, str) else ""


def _as_new(properties: BasicProperties) -> BasicProperties:
    """Return the properties of a message that was never rejected."""
    headers: dict[str, Any] = own_headers(properties)
    headers.pop(REASON, None)
    new = copy(properties)
    new.headers, new.delivery_mode = headers, DeliveryMode.Persistent.value
    new.user_id = new.expiration = None  # the broker rejects another user's id
    return new
