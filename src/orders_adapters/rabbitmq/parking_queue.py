"""Parking queue for dead-lettered messages, and for messages that wait for a retry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

import pika
from pika import BasicProperties, DeliveryMode
from pika.frame import Header

from orders_adapters.rabbitmq.messages import Message
from orders_adapters.rabbitmq.nodes import Nodes
from orders_adapters.rabbitmq.publisher_connection import PublisherConnection
from orders_adapters.rabbitmq.topology import Declaration, DurableQueue, ExistingQueue
from orders_domain.errors import BrokerUnavailable, PublisherUnavailable


class ParkingQueue:
    """A durable queue in addition to the consumer's queue. The broker confirms every message."""

    def __init__(self, url: str, *, queue: str, timeout: float, arguments: Mapping[str, Any] | None = None) -> None:
        self._queue, self._timeout, self._arguments = queue, timeout, arguments
        self._nodes = Nodes(
            url,
            client_properties={"connection_name": f"orders {queue}"},
            socket_timeout=timeout,
            stack_timeout=timeout,
        )
        self._connection: PublisherConnection | None = None

    @property
    def declarations(self) -> Sequence[Declaration]:
        return (ExistingQueue(self._queue), DurableQueue(self._queue, self._arguments))

    def publish(
        self,
        body: bytes,
        properties: BasicProperties,
        *,
        headers: Mapping[str, Any],
        ours: Mapping[str, Any],
        timeout: float | None = None,
    ) -> None:
        """Publish a copy of the message with its own properties. It expires after ``timeout`` seconds, if given.

        It has the publisher's ``headers`` and ``ours``; only ours if all together do not fit into a frame, because
        the broker closes the connection of a larger one, and the message would block its consumer.

        Raises:
            BrokerUnavailable: the broker is unavailable or rejected the message.
        """
        parked = copy(properties)
        parked.delivery_mode, parked.headers = DeliveryMode.Persistent.value, {**headers, **ours}
        parked.expiration = None if timeout is None else str(round(timeout * 1000))
        parked.user_id = None  # because RabbitMQ rejects a message with the id of another user
        message = Message(exchange="", routing_key=self._queue, mandatory=True, body=body, properties=parked)
        try:
            connection = self._connected()
            if len(Header(1, len(body), parked).marshal()) > connection.frame_size:
                parked.headers = dict(ours)
            (refusal,) = connection.deliver([message], timeout=self._timeout)
        except PublisherUnavailable as error:
            self.close()
            raise BrokerUnavailable(str(error)) from error
        if refusal is not None:
            self.close()  # because a new connection declares the queue again
            raise BrokerUnavailable(f"RabbitMQ did not store a message in {self._queue}: {refusal}.")

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close(timeout=1.0)

    def _connected(self) -> PublisherConnection:
        if self._connection is not None and self._connection.usable:
            return self._ready(self._connection)

        def open_connection(parameters: pika.URLParameters) -> PublisherConnection:
            self._connection = PublisherConnection(parameters, self)
            return self._ready(self._connection)

        return self._nodes.connect(open_connection, failures=(PublisherUnavailable,))

    def _ready(self, connection: PublisherConnection) -> PublisherConnection:
        try:
            connection.wait_until_ready(timeout=self._timeout)
        except PublisherUnavailable:
            self.close()
            raise
        return connection
