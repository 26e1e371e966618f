"""Messages put aside: for ever, with the reason, or for a while."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any

import pika
from pika import BasicProperties, DeliveryMode
from pika.channel import Channel

from orders_adapters.rabbitmq.messages import Message
from orders_adapters.rabbitmq.publisher_connection import PublisherConnection
from orders_adapters.rabbitmq.topology import Declaration
from orders_domain.errors import BrokerUnavailable, PublisherUnavailable


class ParkingQueue:
    """A durable queue beside the one that messages come from. What is put there has been confirmed by the broker."""

    def __init__(self, url: str, *, queue: str, timeout: float, arguments: Mapping[str, Any] | None = None) -> None:
        self._queue, self._timeout, self._arguments = queue, timeout, arguments
        self._parameters = pika.URLParameters(url)
        self._parameters.client_properties = {"connection_name": f"orders {queue}"}
        self._parameters.socket_timeout = self._parameters.stack_timeout = timeout
        self._connection: PublisherConnection | None = None

    @property
    def declarations(self) -> Sequence[Declaration]:
        return (self._declare,)

    def publish(
        self, body: bytes, properties: BasicProperties, *, headers: Mapping[str, Any], timeout: float | None = None
    ) -> None:
        """Put a copy of the message aside, for so many seconds or for ever; its own properties go with it.

        Raises:
            BrokerUnavailable: the broker is away or did not take it.
        """
        kept = copy(properties)
        kept.delivery_mode, kept.headers = DeliveryMode.Persistent.value, dict(headers)
        kept.expiration = None if timeout is None else str(round(timeout * 1000))
        kept.user_id = None  # RabbitMQ refuses what another user is said to have sent
        message = Message(exchange="", routing_key=self._queue, mandatory=True, body=body, properties=kept)
        try:
            (refusal,) = self._connected().deliver([message], timeout=self._timeout)
        except PublisherUnavailable as error:
            self.close()
            raise BrokerUnavailable(str(error)) from error
        if refusal is not None:
            self.close()  # connecting anew declares the queue anew
            raise BrokerUnavailable(f"RabbitMQ did not take a message into {self._queue}: {refusal}.")

    def close(self) -> None:
        link, self._connection = self._connection, None
        if link is not None:
            link.close(timeout=1.0)

    def _connected(self) -> PublisherConnection:
        if self._connection is None or not self._connection.usable:
            self._connection = PublisherConnection(self._parameters, self)
        self._connection.wait_until_ready(timeout=self._timeout)
        return self._connection

    def _declare(self, channel: Channel, done: Callable[[object], None]) -> None:
        channel.queue_declare(self._queue, durable=True, arguments=self._arguments, callback=done)
