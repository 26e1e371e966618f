"""Queue of RabbitMQ as a source (`pip install 'orders-client[rabbitmq]'`)."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pika
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError

from orders_client.consuming.deliveries import Delivery, NotAnEvent, read_event, read_json

_log = logging.getLogger(__name__)
IDLE_SECONDS = 1.0
_LOST = (AMQPError, AMQPConnectorException, OSError)


class RabbitQueue:
    """Consumes a durable queue, which it declares and binds to the exchange of the service.

    `routing_keys` are types of events, with wildcards; `arguments` are those of the queue, such as `x-queue-type` and
    `x-dead-letter-exchange`. A message is acknowledged after it was handled, and rejected if it is no event; an event
    that is not valid is an error, and is delivered again to the next call. A lost connection is made again for
    `retry_seconds`.
    """

    def __init__(
        self,
        url: str,
        queue: str,
        *,
        exchange: str = "orders",
        routing_keys: Sequence[str] = ("orders.#",),
        arguments: Mapping[str, Any] | None = None,
        prefetch: int = 100,
        retry_seconds: float = 60.0,
    ) -> None:
        self._url = url
        self._queue = queue
        self._exchange = exchange
        self._routing_keys = routing_keys
        self._arguments = arguments
        self._prefetch = prefetch
        self._retry_seconds = retry_seconds

    def deliveries(self, position: str | None) -> Iterator[Delivery | None]:
        """Yield the deliveries, and None after a second without one. The queue itself has the position."""
        lost: float | None = None  # since when, if there was no delivery since then
        while True:
            try:
                for delivery in self._connection():
                    lost = None
                    yield delivery
            except _LOST as error:
                lost = lost or time.monotonic()
                if time.monotonic() - lost >= self._retry_seconds:
                    raise
                _log.warning("There is no connection to RabbitMQ: %r", error)
            yield Delivery(event=None)  # so that the consumer can end
            time.sleep(IDLE_SECONDS)

    def _connection(self) -> Iterator[Delivery | None]:
        """Yield the deliveries of one connection, until it is lost or the queue is deleted."""
        connection = pika.BlockingConnection(pika.URLParameters(self._url))
        try:
            yield from self._channel(connection.channel())
        finally:
            with suppress(*_LOST):
                connection.close()

    def _channel(self, channel: Any) -> Iterator[Delivery | None]:
        channel.exchange_declare(self._exchange, "topic", durable=True)
        channel.queue_declare(self._queue, durable=True, arguments=self._arguments)
        for routing_key in self._routing_keys:
            channel.queue_bind(self._queue, self._exchange, routing_key)
        channel.basic_qos(prefetch_count=self._prefetch)
        for method, _, body in channel.consume(self._queue, inactivity_timeout=IDLE_SECONDS):
            if method is None:
                yield None
                continue
            try:
                delivery = Delivery(event=read_event(read_json(body)))
            except NotAnEvent as error:
                _log.warning("A message of the queue %s is no event: %s", self._queue, error)
                channel.basic_reject(method.delivery_tag, requeue=False)
                continue
            yield delivery
            channel.basic_ack(method.delivery_tag)
