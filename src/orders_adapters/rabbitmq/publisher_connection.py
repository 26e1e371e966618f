"""One connection to the broker, driven by a thread of its own; once broken it stays broken."""

from __future__ import annotations

import os
import threading
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

ANY_EXCHANGE = "amq.topic"  # every virtual host has it
_Answer = TypeVar("_Answer")
_Answered = Callable[[_Answer], None]


class PublisherConnection:
    """A connection with one channel that confirms. Any thread may call the public methods; one delivery at a time.

    They wait ``within`` seconds at most, and raise PublisherUnavailable when the broker is away or does not answer.
    """

    def __init__(self, parameters: Parameters, topology: Declarable) -> None:
        self._topology = topology
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
        return self._broken is None and self._pid == os.getpid()  # a forked child has no such thread

    def wait_until_ready(self, *, timeout: float) -> None:
        self._wait_for(self._ready, timeout)

    def deliver(self, messages: Sequence[Message], *, timeout: float) -> Sequence[str | None]:
        """Send the messages in this order; return for each None, or why the broker did not take it."""

        def begin(channel: Channel, answered: _Answered[Sequence[str | None]]) -> None:
            self._batch = ConfirmedBatch(messages, channel=channel, first_tag=self._next_tag, done=answered)
            self._next_tag += len(messages)
            self._batch.send_more()

        return self._ask(begin, timeout)

    def round_trip(self, *, timeout: float) -> None:
        """Ask the broker something that changes nothing."""

        def begin(channel: Channel, answered: _Answered[object]) -> None:
            channel.exchange_declare(ANY_EXCHANGE, passive=True, callback=answered)

        self._ask(begin, timeout)

    def close(self, *, timeout: float = 0.0) -> None:
        """Say goodbye; a broker that does not answer is left to the heartbeat."""
        if self._pid == os.getpid():
            self._fail("The connection to RabbitMQ was closed.", then=self._close_gracefully)
            self._thread.join(timeout)

    def _ask(self, begin: Callable[[Channel, _Answered[_Answer]], None], timeout: float) -> _Answer:
        answer: Future[_Answer] = Future()

        def ask() -> None:
            if self._broken is None:
                begin(self._ready.result(), answer.set_result)

        with self._lock:
            if self._broken is not None:
                raise PublisherUnavailable(self._broken)
            self._waiting.add(answer)
            self._connection.ioloop.add_callback_threadsafe(ask)
        return self._wait_for(answer, timeout)

    def _wait_for(self, answer: Future[_Answer], timeout: float) -> _Answer:
        try:
            return answer.result(timeout)
        except TimeoutError:
            raise PublisherUnavailable(f"RabbitMQ did not answer within {timeout:.1f} s.") from None
        finally:
            with self._lock:
                self._waiting.discard(answer)

    # From here on in the connection's thread.

    def _run(self) -> None:
        try:
            self._connection.ioloop.start()
        finally:
            self._fail("The connection to RabbitMQ ended.")
            self._connection.ioloop.close()

    def _opened(self, connection: Connection) -> None:
        if self._broken is not None:  # given up meanwhile
            connection.close()
            return
        declare(connection, self._topology.declarations, then=self._begin_to_confirm)

    def _begin_to_confirm(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_return_callback(self._returned)
        channel.confirm_delivery(self._confirmed, callback=lambda _: self._ready.set_result(channel))

    def _returned(self, _: Channel, __: Basic.Return, properties: BasicProperties, ___: bytes) -> None:
        if self._batch is not None:
            self._batch.returned(properties.message_id)

    def _confirmed(self, frame: Method) -> None:
        if self._batch is not None:
            self._batch.confirmed(frame.method)

    def _channel_closed(self, _: Channel, why: Exception) -> None:
        self._fail(f"RabbitMQ closed the channel: {why}")
        self._close_gracefully()

    def _closed(self, _: Connection, why: BaseException) -> None:
        self._fail(f"RabbitMQ is away: {why!r}")
        self._connection.ioloop.stop()

    def _close_gracefully(self) -> None:
        # One that is still opening ends by its own time-out: pika 1.4 trips over close() there.
        if self._connection.is_open:
            self._connection.close()

    def _fail(self, why: str, *, then: Callable[[], None] | None = None) -> None:
        with self._lock:
            if self._broken is None and then is not None:
                self._connection.ioloop.add_callback_threadsafe(then)
            self._broken = self._broken or why
            waiting, self._waiting = self._waiting, set()
        for answer in waiting:
            if not answer.done():
                answer.set_exception(PublisherUnavailable(self._broken))
