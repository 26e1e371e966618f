"""Messages that can never be done, put aside with the reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pika
from pika import BasicProperties, DeliveryMode
from pika.channel import Channel

from orders_adapters.rabbitmq.link import Link
from orders_adapters.rabbitmq.messages import Message
from orders_adapters.rabbitmq.topology import Declaration
from orders_domain.errors import BrokerUnavailable, PublisherUnavailable

REASON = "x-reason"
LONGEST_REASON = 1_000


class DeadLetters:
    """A durable queue beside the one that the messages came from. What is buried has been confirmed by the broker."""

    def __init__(self, url: str, *, queue: str, timeout: float) -> None:
        self._queue, self._timeout = queue, timeout
        self._parameters = pika.URLParameters(url)
        self._parameters.client_properties = {"connection_name": "orders dead letters"}
        self._parameters.socket_timeout = self._parameters.stack_timeout = timeout
        self._link: Link | None = None

    @property
    def declarations(self) -> Sequence[Declaration]:
        return (self._declare,)

    def bury(self, body: bytes, properties: BasicProperties, *, reason: str) -> None:
        """Put a copy of the message aside, its own properties with it.

        Raises:
            BrokerUnavailable: the broker is away or did not take it.
        """
        kept = BasicProperties(
            content_type=properties.content_type,
            delivery_mode=DeliveryMode.Persistent,
            headers={**(properties.headers or {}), REASON: reason[:LONGEST_REASON]},
            message_id=properties.message_id,
            correlation_id=properties.correlation_id,
        )
        message = Message(exchange="", routing_key=self._queue, needed=True, body=body, properties=kept)
        try:
            (refusal,) = self._linked().deliver([message], within=self._timeout)
        except PublisherUnavailable as error:
            self.close()
            raise BrokerUnavailable(str(error)) from error
        if refusal is not None:
            self.close()  # connecting anew declares the queue anew
            raise BrokerUnavailable(f"RabbitMQ did not take a dead letter: {refusal}.")

    def close(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close(within=1.0)

    def _linked(self) -> Link:
        if self._link is None or not self._link.usable:
            self._link = Link(self._parameters, self)
        self._link.wait_until_ready(within=self._timeout)
        return self._link

    def _declare(self, channel: Channel, done: Callable[[object], None]) -> None:
        channel.queue_declare(self._queue, durable=True, callback=done)
