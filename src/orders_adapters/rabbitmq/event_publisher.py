"""RabbitMQ event publisher with publisher confirms."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pika

from orders_adapters.rabbitmq.confirms import UNROUTABLE
from orders_adapters.rabbitmq.messages import Message, messages_of
from orders_adapters.rabbitmq.nodes import Nodes
from orders_adapters.rabbitmq.publisher_connection import PublisherConnection
from orders_adapters.rabbitmq.topology import Topology
from orders_domain.errors import PublisherUnavailable
from orders_domain.model.events import Event
from orders_domain.ports.event_publisher import EventPublisher

HEARTBEAT = 15  # seconds; a connection to a frozen broker is closed after two missed heartbeats
PING_TIMEOUT = 2.0  # seconds
OPENING_GRACE = 1.0
"""Seconds after the timeout until a connection is given up that is still opening: the caller's timeout comes first."""


class RabbitMqEventPublisher(EventPublisher):
    """See ``orders_domain.ports.event_publisher``. Serializes the calls of threads, and connects when needed.

    ``publish`` returns or raises within ``timeout`` seconds, even if the broker is frozen. After PublisherUnavailable
    messages may still arrive later, also after newer ones of the same order.
    """

    def __init__(
        self,
        url: str,
        *,
        queue: str | None = "new_order",
        exchange: str = "orders",
        queue_type: str = "classic",
        order_events_exchange: str = "",
        timeout: float = 10.0,
    ) -> None:
        self._topology = Topology(
            queue=queue, exchange=exchange, queue_type=queue_type, order_events_exchange=order_events_exchange
        )
        self._nodes = _nodes(url, timeout)
        self._timeout = timeout
        self._connection: PublisherConnection | None = None
        self._lock, self._pid = threading.Lock(), os.getpid()

    def publish(self, events: Sequence[Event]) -> Sequence[str | None]:
        batches = [messages_of(event, self._topology) for event in events]
        if not batches:
            return ()
        deadline = time.monotonic() + self._timeout
        with self._lock_until(deadline):
            results = iter(self._deliver([message for messages in batches for message in messages], deadline))
        refusals = [[next(results) for _ in messages] for messages in batches]
        return [next((refusal for refusal in of_event if refusal), None) for of_event in refusals]

    def ping(self) -> None:
        """Check that the broker responds within two seconds. Connects if needed.

        Raises:
            PublisherUnavailable: the broker does not respond.
        """
        deadline = time.monotonic() + PING_TIMEOUT
        connection = self._connection
        if connection is None or not connection.usable:
            with self._lock_until(deadline):
                connection = self._connected(deadline)
        connection.round_trip(timeout=_remaining(deadline))

    def unconsumed_queue(self) -> str | None:
        """Return a sentence if tasks wait in the task queue and nobody consumes it; None also if that is unknown."""
        if (queue := self._topology.queue) is None:
            return None
        deadline = time.monotonic() + PING_TIMEOUT
        try:
            with self._lock_until(deadline):
                depth, consumers = self._connected(deadline).depth(queue, timeout=_remaining(deadline))
        except PublisherUnavailable:
            return None
        if consumers or not depth:
            return None
        return f"The queue {queue} has {depth:,} tasks and no consumer; NEW_ORDER_QUEUE=off publishes none."

    def close(self) -> None:
        """Disconnect. A later ``publish`` connects again."""
        self._disconnect(timeout=PING_TIMEOUT)

    def _deliver(self, messages: Sequence[Message], deadline: float) -> Sequence[str | None]:
        refusals = list(self._send(messages, deadline))
        unroutable = [index for index, refusal in enumerate(refusals) if refusal == UNROUTABLE]
        if unroutable:
            self._disconnect()  # because a new connection declares the queue again
            retried = self._send([messages[index] for index in unroutable], deadline)
            for index, refusal in zip(unroutable, retried, strict=True):
                refusals[index] = refusal
        return refusals

    def _send(self, messages: Sequence[Message], deadline: float) -> Sequence[str | None]:
        try:
            return self._connected(deadline).deliver(messages, timeout=_remaining(deadline))
        except PublisherUnavailable:
            self._disconnect()
            raise

    def _connected(self, deadline: float) -> PublisherConnection:
        """Return a connection that is ready. The caller must hold the lock."""
        if self._connection is not None and self._connection.usable:
            return self._ready(self._connection, deadline)

        def open_connection(parameters: pika.URLParameters) -> PublisherConnection:
            self._connection = PublisherConnection(parameters, self._topology)
            return self._ready(self._connection, deadline)

        return self._nodes.connect(
            open_connection, failures=(PublisherUnavailable,), may_continue=lambda: _remaining(deadline) > 0
        )

    def _ready(self, connection: PublisherConnection, deadline: float) -> PublisherConnection:
        try:
            connection.wait_until_ready(timeout=_remaining(deadline))
        except PublisherUnavailable:
            self._disconnect()
            raise
        return connection

    def _disconnect(self, *, timeout: float = 0.0) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close(timeout=timeout)

    @contextmanager
    def _lock_until(self, deadline: float) -> Iterator[None]:
        if self._pid != os.getpid():  # the thread that held the lock does not exist after a fork
            self._lock, self._pid = threading.Lock(), os.getpid()
        if not self._lock.acquire(timeout=_remaining(deadline)):
            raise PublisherUnavailable("Another thread is still waiting for RabbitMQ.")
        try:
            yield
        finally:
            self._lock.release()


def _remaining(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())


def _nodes(url: str, timeout: float) -> Nodes:
    opening = timeout + OPENING_GRACE
    nodes = Nodes(
        url,
        client_properties={"connection_name": "orders publisher"},
        socket_timeout=opening,
        stack_timeout=opening,
    )
    nodes.set_default("heartbeat", HEARTBEAT)
    # The broker blocks connections if memory or disk is low.
    nodes.set_default("blocked_connection_timeout", timeout)
    return nodes
