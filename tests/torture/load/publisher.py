"""Publisher of durable messages to RabbitMQ, with confirms, on a connection that is opened again after an error."""

import json
import threading
from typing import Any

import pika
from pika import BasicProperties, DeliveryMode
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError

from tests.torture.load.shared import Shared
from tests.torture.log import Operation, Outcome, now

DURABLE = BasicProperties(delivery_mode=DeliveryMode.Persistent)
"""RabbitMQ confirms a transient message too, and forgets it when it is killed."""


class Publisher:
    def __init__(self, url: str, *, queue: str) -> None:
        self._url = url
        self._queue = queue
        self._connection: BlockingConnection | None = None
        self._channel: BlockingChannel | None = None

    def publish(self, message: dict[str, Any]) -> str | None:
        """Return None if the broker has confirmed the message; otherwise why it may not have it."""
        try:
            self._open_channel().basic_publish("", self._queue, json.dumps(message), DURABLE, mandatory=True)
        except (AMQPError, OSError) as error:
            self.close()
            return repr(error)
        return None

    def insist(self, message: dict[str, Any], shared: Shared, **members: Any) -> None:
        """Publish a message until it is confirmed, and log each attempt as an operation with these members."""
        while True:
            began, error = now(), self.publish(message)
            outcome = Outcome.UNKNOWN if error else Outcome.ACKNOWLEDGED
            shared.log.add(Operation(began=began, ended=now(), outcome=outcome, detail=error or "", **members))
            if not error or not shared.patient:
                return
            threading.Event().wait(0.3)

    def close(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        try:
            if connection is not None and connection.is_open:
                connection.close()
        except (AMQPError, OSError):
            pass

    def _open_channel(self) -> BlockingChannel:
        if self._channel is None:
            parameters = pika.URLParameters(self._url)
            parameters.socket_timeout, parameters.stack_timeout = 2, 4
            parameters.heartbeat, parameters.blocked_connection_timeout = 6, 6
            self._connection = BlockingConnection(parameters)
            self._channel = self._connection.channel()
            self._channel.confirm_delivery()
        return self._channel
