"""RabbitMQ for a test run: queues and exchanges under a separate prefix on any available broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Self

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError

from tests.support.servers.discovery import Unavailable
from tests.support.servers.naming import PREFIX

VARIABLE = "TEST_RABBITMQ_URL"
USUAL = ("amqp://guest:guest@127.0.0.1:5672/%2F",)


def version_at(url: str) -> str:
    """Return the version of the broker at an address, or raise `Unavailable`."""
    try:
        with _connected(url) as connection:
            # pika stores the server properties on the connection below the blocking connection.
            return str(connection._impl.server_properties["version"])
    except (AMQPError, AMQPConnectorException, OSError) as why:
        cause = getattr(why.args[0], "exception", why) if why.args else why
        raise Unavailable(f"no broker answers: {cause!r}") from why


class RabbitServer:
    """A broker with names under `prefix`; leaving the context deletes the queues and exchanges of the run."""

    prefix = f"{PREFIX}."

    def __init__(self, url: str) -> None:
        self.url = url
        self._numbers = count(1)
        self._given: list[str] = []

    def name(self, label: str) -> str:
        """Return a new name for a queue or an exchange (or for one of each), deleted at the end of the run."""
        self._given.append(f"{self.prefix}{label}-{next(self._numbers)}")
        return self._given[-1]

    def queue(self, label: str) -> str:
        """Return a new name for a queue; its dead-letter queue and retry queue are deleted with it."""
        name = self.name(label)
        self._given += [f"{name}.dlq", f"{name}.retry"]
        return name

    def delete(self, *names: str) -> None:
        """Delete the queues and the exchanges of these names; missing ones are ignored."""
        with self.channel() as channel:
            for name in names:
                channel.queue_delete(name)
                channel.exchange_delete(name)

    @contextmanager
    def channel(self) -> Iterator[BlockingChannel]:
        """A channel on a new connection, to prepare and inspect queues. The broker confirms what it publishes.

        A new quorum queue may lose a message whose channel closes before the queue has its leader.
        """
        with _connected(self.url) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            yield channel

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.delete(*self._given)


@contextmanager
def _connected(url: str) -> Iterator[BlockingConnection]:
    parameters = pika.URLParameters(url)
    parameters.connection_attempts, parameters.retry_delay = 1, 0
    parameters.socket_timeout, parameters.stack_timeout, parameters.blocked_connection_timeout = 2, 5, 10
    connection = BlockingConnection(parameters)
    try:
        yield connection
    finally:
        if connection.is_open:
            connection.close()
