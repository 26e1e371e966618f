"""Connection of a publisher, driven by a dedicated thread. A broken connection is not opened again."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

import pika
from pika.channel import Channel
from pika.connection import Connection, Parameters
from pika.frame import Method
from pika.spec import Basic, BasicProperties

from orders_adapters.rabbitmq.confirms import ConfirmedBatch
from orders_adapters.rabbitmq.messages import Message
from orders_adapters.rabbitmq.topology import Declarable, declare
from orders_domain.errors import PublisherUnavailable

NEW_QUEUE_DELAY = 3.0
"""Seconds from the declaration of a new queue to the first message.

RabbitMQ confirms messages before the definition of their queue is on disk: if it is killed within about two seconds
after the declaration, it restarts without the queue and its confirmed messages (decision 0026).
"""

ANY_EXCHANGE = "amq.topic"  # every virtual host has it
_Response = TypeVar("_Response")
_OnResponse = Callable[[_Response], None]


class PublisherConnection:
    """A connection with one channel in confirm mode. The public methods are thread-safe; one delivery at a time.

    They wait ``timeout`` seconds at most, and raise PublisherUnavailable if the broker does not respond.
    """

    def __init__(self, parameters: Parameters, topology: Declarable) -> None:
        self._topology = topology
        self._first_publish_at = 0.0  # by the monotonic clock
        self._batch: ConfirmedBatch | None = None
        self._next_tag = 1
        self._pid = os.getpid()
        self._lock = threading.Lock()  # guards the two below
        self._broken: str | None = None
        self._ready: Future[Channel] = Future()
        self._waiting: set[Future[Any]] = {self._ready}
        self._connection = pika.SelectConnection(
            parameters,
            on_open_callback=self._opened,
            on_open_error_callback=self._closed,
            on_close_callback=self._closed,
        )
        self._thread = threading.Thread(target=self._run, name="orders-rabbitmq", daemon=True)
        self._thread.start()

    @property
    def usable(self) -> bool:
        return self._broken is None and self._pid == os.getpid()  # a forked child does not have the thread

    @property
    def frame_size(self) -> int:
        """The most bytes of a frame, as agreed with the broker. Headers are one frame."""
        return int(self._connection.params.frame_max)

    def wait_until_ready(self, *, timeout: float) -> None:
        self._wait_for(self._ready, timeout)

    def deliver(self, messages: Sequence[Message], *, timeout: float) -> Sequence[str | None]:
        """Send the messages in this order. Return for each None, or the reason of its rejection."""

        def begin(channel: Channel, on_response: _OnResponse[Sequence[str | None]]) -> None:
            self._batch = ConfirmedBatch(messages, channel=channel, first_tag=self._next_tag, done=on_response)
            self._next_tag += len(messages)
            delay = self._first_publish_at - time.monotonic()
            if delay > 0:
                self._connection.ioloop.call_later(delay, self._batch.send_more)
            else:
                self._batch.send_more()

        return self._ask(begin, timeout)

    def round_trip(self, *, timeout: float) -> None:
        """Send a request that changes nothing, and wait for the response."""

        def begin(channel: Channel, on_response: _OnResponse[object]) -> None:
            channel.exchange_declare(ANY_EXCHANGE, passive=True, callback=on_response)

        self._ask(begin, timeout)

    def depth(self, queue: str, *, timeout: float) -> tuple[int, int]:
        """Return the numbers of messages and of consumers of a queue; the connection breaks if it does not exist."""

        def begin(channel: Channel, on_response: _OnResponse[Method]) -> None:
            channel.queue_declare(queue, passive=True, callback=on_response)

        declared = self._ask(begin, timeout).method
        return declared.message_count, declared.consumer_count

    def close(self, *, timeout: float = 0.0) -> None:
        """Close the connection. If the broker does not respond, the heartbeat ends it."""
        if self._pid == os.getpid():
            self._fail("The connection to RabbitMQ was closed.", then=self._close_gracefully)
            self._thread.join(timeout)

    def _ask(self, begin: Callable[[Channel, _OnResponse[_Response]], None], timeout: float) -> _Response:
        response: Future[_Response] = Future()

        def start() -> None:
            if self._broken is None:
                begin(self._ready.result(), response.set_result)

        with self._lock:
            if self._broken is not None:
                raise PublisherUnavailable(self._broken)
            self._waiting.add(response)
            self._connection.ioloop.add_callback_threadsafe(start)
        return self._wait_for(response, timeout)

    def _wait_for(self, response: Future[_Response], timeout: float) -> _Response:
        try:
            return response.result(timeout)
        except TimeoutError:
            raise PublisherUnavailable(f"RabbitMQ did not respond within {timeout:.1f} s.") from None
        finally:
            with self._lock:
                self._waiting.discard(response)

    # The methods below run in the connection's thread.

    def _run(self) -> None:
        try:
            self._connection.ioloop.start()
        finally:
            self._fail("The connection to RabbitMQ ended.")
            self._connection.ioloop.close()

    def _opened(self, connection: Connection) -> None:
        if self._broken is not None:  # closed while it was opening
            connection.close()
            return
        declare(connection, self._topology.declarations, then=self._begin_to_confirm)

    def _begin_to_confirm(self, channel: Channel, queue_is_new: bool) -> None:
        if queue_is_new:
            self._first_publish_at = time.monotonic() + NEW_QUEUE_DELAY
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_return_callback(self._returned)
        channel.confirm_delivery(self._confirmed, callback=lambda _: self._ready.set_result(channel))

    def _returned(self, _: Channel, __: Basic.Return, properties: BasicProperties, ___: bytes) -> None:
        if self._batch is not None:
            self._batch.returned(properties.message_id)

    def _confirmed(self, frame: Method) -> None:
        if self._batch is not None:
            self._batch.confirmed(frame.method)

    def _channel_closed(self, _: Channel, reason: Exception) -> None:
        self._fail(f"RabbitMQ closed the channel: {reason}")
        self._close_gracefully()

    def _closed(self, _: Connection, reason: BaseException) -> None:
        self._fail(f"RabbitMQ is unavailable: {reason!r}")
        self._connection.ioloop.stop()

    def _close_gracefully(self) -> None:
        # A connection that is still opening ends by its own timeout, because close() of pika 1.4 fails there.
        if self._connection.is_open:
            self._connection.close()

    def _fail(self, reason: str, *, then: Callable[[], None] | None = None) -> None:
        with self._lock:
            if self._broken is None and then is not None:
                self._connection.ioloop.add_callback_threadsafe(then)
            self._broken = self._broken or reason
            waiting, self._waiting = self._waiting, set()
        for response in waiting:
            if not response.done():
                response.set_exception(PublisherUnavailable(self._broken))
