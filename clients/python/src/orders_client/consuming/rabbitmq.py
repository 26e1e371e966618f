"""Queue of RabbitMQ as a source (`pip install 'orders-client[rabbitmq]'`)."""

import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pika
from pika.exceptions import AMQPConnectionError, AMQPError, ChannelWrongStateError
from tenacity import Retrying, retry_if_exception_type, stop_before_delay, wait_random_exponential

from orders_client.consuming.deliveries import Delivery, read_event

_log = logging.getLogger(__name__)
IDLE_SECONDS = 1.0


class RabbitQueue:
    """Consumes a durable queue, which it declares and binds to the exchange of the service.

    `routing_keys` are types of events, with wildcards; `arguments` are those of the queue, such as `x-queue-type` and
    `x-dead-letter-exchange`. A message is acknowledged after it was handled, and rejected if it is no event. A lost
    connection is made again for `retry_seconds`.
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
        while True:
            connection = self._connect()
            try:
                yield from self._deliveries(connection.channel())
            except (AMQPConnectionError, ChannelWrongStateError) as error:
                _log.warning("The connection to RabbitMQ was lost: %r", error)
                time.sleep(IDLE_SECONDS)
            finally:
                with suppress(AMQPError):
                    connection.close()

    def _deliveries(self, channel: Any) -> Iterator[Delivery | None]:
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
                delivery = Delivery(event=read_event(json.loads(body)))
            except (ValueError, AttributeError) as error:
                _log.warning("A message of the queue %s is no event: %s", self._queue, error)
                channel.basic_reject(method.delivery_tag, requeue=False)
                continue
            yield delivery
            channel.basic_ack(method.delivery_tag)

    def _connect(self) -> Any:
        retrying = Retrying(
            retry=retry_if_exception_type(AMQPConnectionError),
            stop=stop_before_delay(self._retry_seconds),
            wait=wait_random_exponential(multiplier=0.1, max=5),
            reraise=True,
        )
        return retrying(pika.BlockingConnection, pika.URLParameters(self._url))
