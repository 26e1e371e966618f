"""Events to RabbitMQ, each confirmed before it counts as sent."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pika

from orders_adapters.rabbitmq.confirms import UNROUTABLE
from orders_adapters.rabbitmq.messages import Message, messages_of
from orders_adapters.rabbitmq.publisher_connection import PublisherConnection
from orders_adapters.rabbitmq.topology import Topology
from orders_domain.errors import PublisherUnavailable
from orders_domain.model.events import Event
from orders_domain.ports.event_publisher import EventPublisher

HEARTBEAT = 15  # seconds; a connection given up on a frozen broker is gone after two
PING_TIMEOUT = 2.0  # seconds


class RabbitMqEventPublisher(EventPublisher):
    """See ``orders_domain.ports.event_publisher``. Threads take turns; it connects when used, and again when it has to.

    ``publish`` returns or raises within ``timeout`` seconds, whatever the broker does. After PublisherUnavailable
    messages may still be under way and arrive later, also behind newer ones of the same order.
    """

    def __init__(
        self,
        url: str,
        *,
        queue: str = "new_order",
        exchange: str = "orders",
        queue_type: str = "classic",
        timeout: float = 10.0,
    ) -> None:
        self._topology = Topology(queue=queue, exchange=exchange, queue_type=queue_type)
        self._parameters = _parameters(url, timeout)
        self._timeout = timeout
        self._connection: PublisherConnection | None = None
        self._lock, self._pid = threading.Lock(), os.getpid()

    def publish(self, events: Sequence[Event]) -> Sequence[str | None]:
        told = [messages_of(event, self._topology) for event in events]
        if not told:
            return ()
        deadline = time.monotonic() + self._timeout
        with self._lock_until(deadline):
            heard = iter(self._deliver([message for messages in told for message in messages], deadline))
        refusals = [[next(heard) for _ in messages] for messages in told]
        return [next((refusal for refusal in each if refusal), None) for each in refusals]

    def ping(self) -> None:
        """Return if the broker answers now, within two seconds; connects if need be.

        Raises:
            PublisherUnavailable: it does not.
        """
        deadline = time.monotonic() + PING_TIMEOUT
        link = self._connection
        if link is None or not link.usable:
            with self._lock_until(deadline):
                link = self._connected(deadline)
        link.round_trip(timeout=_remaining(deadline))

    def close(self) -> None:
        """Hang up; a later ``publish`` connects again."""
        self._disconnect(timeout=PING_TIMEOUT)

    def _deliver(self, messages: Sequence[Message], deadline: float) -> Sequence[str | None]:
        refusals = list(self._send(messages, deadline))
        homeless = [place for place, refusal in enumerate(refusals) if refusal == UNROUTABLE]
        if homeless:
            self._disconnect()  # connecting anew declares the queue anew
            second = self._send([messages[place] for place in homeless], deadline)
            for place, refusal in zip(homeless, second, strict=True):
                refusals[place] = refusal
        return refusals

    def _send(self, messages: Sequence[Message], deadline: float) -> Sequence[str | None]:
        try:
            return self._connected(deadline).deliver(messages, timeout=_remaining(deadline))
        except PublisherUnavailable:
            self._disconnect()
            raise

    def _connected(self, deadline: float) -> PublisherConnection:
        """Return a link that is ready; whoever calls has the turn."""
        if self._connection is None or not self._connection.usable:
            self._connection = PublisherConnection(self._parameters, self._topology)
        try:
            self._connection.wait_until_ready(timeout=_remaining(deadline))
        except PublisherUnavailable:
            self._disconnect()
            raise
        return self._connection

    def _disconnect(self, *, timeout: float = 0.0) -> None:
        link, self._connection = self._connection, None
        if link is not None:
            link.close(timeout=timeout)

    @contextmanager
    def _lock_until(self, deadline: float) -> Iterator[None]:
        if self._pid != os.getpid():  # after a fork, whoever had the turn is not here to give it back
            self._lock, self._pid = threading.Lock(), os.getpid()
        if not self._lock.acquire(timeout=_remaining(deadline)):
            raise PublisherUnavailable("Another thread is still waiting for RabbitMQ.")
        try:
            yield
        finally:
            self._lock.release()


def _remaining(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())


def _parameters(url: str, timeout: float) -> pika.URLParameters:
    parameters = pika.URLParameters(url)
    parameters.client_properties = {"connection_name": "orders publisher"}
    parameters.socket_timeout = parameters.stack_timeout = timeout
    if parameters.heartbeat is None:
        parameters.heartbeat = HEARTBEAT
    if parameters.blocked_connection_timeout is None:
        parameters.blocked_connection_timeout = timeout  # a broker short of memory or disk
    return parameters
