"""Queues whose messages nobody consumes."""

from collections.abc import Iterator, Mapping
from contextlib import closing, suppress

import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker

from orders_adapters.rabbitmq.nodes import Nodes

TIMEOUT = 2.0  # seconds for the connection, and for each response


def unconsumed_queues(url: str, queues: Mapping[str, str]) -> list[str]:
    """Return a sentence for each queue with messages and no consumer; ``queues`` has what to do about each, by name.

    A queue that does not exist is passed over. If the broker is unavailable, the list is empty, because the check of
    the broker says so.
    """
    nodes = Nodes(
        url,
        connection_attempts=1,
        socket_timeout=TIMEOUT,
        stack_timeout=TIMEOUT,
        blocked_connection_timeout=TIMEOUT,
    )
    try:
        with closing(nodes.connect(pika.BlockingConnection, failures=(AMQPError, OSError))) as connection:
            return list(_sentences(connection, queues))
    except (AMQPError, OSError):
        return []


def _sentences(connection: pika.BlockingConnection, queues: Mapping[str, str]) -> Iterator[str]:
    for queue, remedy in queues.items():
        with suppress(ChannelClosedByBroker):  # there is no such queue
            found = connection.channel().queue_declare(queue, passive=True).method
            if found.message_count and not found.consumer_count:
                yield f"The queue {queue} has {found.message_count:,} messages and no consumer; {remedy}"
