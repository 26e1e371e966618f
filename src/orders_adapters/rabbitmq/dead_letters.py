"""Dead letters in RabbitMQ, each queue's in a queue of its own (see ``topology.ConsumerQueue``)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
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

TIMEOUT = 5.0  # seconds for the connection, and for each response
_NOT_FOUND = 404
_Message: TypeAlias = tuple[Basic.GetOk, BasicProperties, bytes]


class RabbitMqDeadLetters(DeadLetters):
    """Reads a queue without acknowledgements: a message that is not requeued returns when the channel is closed."""

    def __init__(self, url: str, queues: Sequence[ConsumerQueue], *, timeout: float = TIMEOUT) -> None:
        self._queues = queues
        self._nodes = Nodes(
            url,
            client_properties={"connection_name": "orders dead letters"},
            connection_attempts=1,
            socket_timeout=timeout,
            stack_timeout=timeout,
            blocked_connection_timeout=timeout,
        )

    def select(self, *, limit: int) -> DeadLetterPage:
        letters: list[DeadLetter] = []
        total = 0
        with self._connection() as connection:
            for queue, channel, waiting in self._waiting(connection):
                total += waiting
                for _, properties, body in _taken(channel, queue.dead_letter, min(waiting, limit)):
                    letters.append(DeadLetter.of(body, queue=queue.queue, reason=_reason(properties)))
        return DeadLetterPage(letters=letters, total=total)

    def requeue(self, ids: Collection[str] | None = None) -> int:
        requeued = 0
        with self._connection() as connection:
            for queue, channel, waiting in self._waiting(connection):
                channel.confirm_delivery()
                # No more than wait now, because a message that is rejected again returns to this queue.
                for method, properties, body in _taken(channel, queue.dead_letter, waiting):
                    if ids is None or dead_letter_id(body, queue=queue.queue) in ids:
                        channel.basic_publish("", queue.queue, body, _as_new(properties), mandatory=True)
                        channel.basic_ack(method.delivery_tag)
                        requeued += 1
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


def _taken(channel: BlockingChannel, queue: str, number: int) -> Iterator[_Message]:
    """Yield so many messages of the queue, oldest first, or fewer if another client has them."""
    for _ in range(number):
        method, properties, body = channel.basic_get(queue)
        if method is None:
            return
        yield method, properties, body


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
