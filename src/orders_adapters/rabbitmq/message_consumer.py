"""A queue of RabbitMQ whose messages come in: acknowledged when done, or when put aside, for ever or for a while."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError, ChannelClosedByBroker
from pika.spec import Basic, BasicProperties

from orders_adapters.rabbitmq.parking_queue import Aside
from orders_adapters.rabbitmq.topology import Inbound
from orders_domain.errors import BrokerUnavailable, PrerequisiteMissing
from orders_domain.ports.message_consumer import Handle

HEARTBEAT = 60  # seconds; nobody sees to it while a message is handled
PREFETCH = 20
REASON = "x-reason"
LONGEST_REASON = 1_000
TRIES = "x-tries"
"""How often a message was early; a copy has a count of its own, so that none goes round for ever."""
PAUSE, PAUSES = 5.0, 13  # seconds that an early message lies aside, and how often: more than a minute
_PRECONDITION_FAILED = 406

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Arrived:
    method: Basic.Deliver
    properties: BasicProperties
    body: bytes

    @property
    def tries(self) -> int:
        """How often it was early before; what others write there does not make it stay for longer."""
        said = (self.properties.headers or {}).get(TRIES)
        return max(said, 0) if type(said) is int else 0

    @property
    def headers(self) -> dict[str, Any]:
        """Those that it came with, without what the broker and we have written of its way."""
        way = (TRIES, "x-death", "x-first-death-", "x-last-death-")
        return {name: value for name, value in (self.properties.headers or {}).items() if not name.startswith(way)}


class Inlet:
    """See ``orders_domain.ports.message_consumer``. While a message cannot be handled, none of this queue's is, here.

    One that is early lies in a queue of its own, from which the broker puts it back behind the others.
    """

    def __init__(self, url: str, inbound: Inbound, *, timeout: float = 10.0) -> None:
        self._inbound = inbound
        self._parameters = _parameters(url, timeout)
        self._dead = Aside(url, queue=inbound.dead, timeout=timeout)
        self._early = Aside(url, queue=inbound.early, timeout=timeout, arguments=inbound.early_arguments)
        self._connection: BlockingConnection | None = None
        self._in_hand: _Arrived | None = None

    def take(self, handle: Handle, *, within: float) -> bool:
        with self._speaking() as channel:
            self._in_hand = self._in_hand or self._next(channel, within)
        message = self._in_hand
        if message is None:
            return False
        done = self._do(message, handle)
        with self._speaking() as channel:
            channel.basic_ack(message.method.delivery_tag)
            self._in_hand = None
        return done

    def close(self) -> None:
        self._dead.close()
        self._early.close()
        self._hang_up()

    def _do(self, message: _Arrived, handle: Handle) -> bool:
        """Say whether there is an end of it; else it was early, and comes again."""
        headers = message.headers
        try:
            reason = handle(message.body)
        except PrerequisiteMissing as early:
            if message.tries < PAUSES:
                headers[TRIES] = message.tries + 1
                self._early.put(message.body, message.properties, headers=headers, seconds=PAUSE)
                return False
            reason = str(early)
            _log.warning("A message stayed early, and is put aside: %s", reason)
        if reason is not None:
            headers[REASON] = reason[:LONGEST_REASON]
            self._dead.put(message.body, message.properties, headers=headers)
        return True

    def _next(self, channel: BlockingChannel, within: float) -> _Arrived | None:
        arrived = next(channel.consume(self._inbound.queue, inactivity_timeout=within), None)
        if arrived is None:
            raise BrokerUnavailable(f"RabbitMQ has ended the delivery of {self._inbound.queue}.")
        return None if arrived[0] is None else _Arrived(*arrived)

    @contextmanager
    def _speaking(self) -> Iterator[BlockingChannel]:
        """A connection that fails is given up, and with it the message in hand: it comes again, to us or to others."""
        try:
            connection = self._connection or self._connect()
            connection.process_data_events(0)  # heartbeats, if nothing else
            yield self._channel
        except (AMQPError, OSError) as error:
            self._hang_up()
            raise BrokerUnavailable(f"RabbitMQ is away: {error!r}") from error
        except BrokerUnavailable:
            self._hang_up()
            raise

    def _connect(self) -> BlockingConnection:
        self._connection = connection = BlockingConnection(self._parameters)
        try:
            self._inbound.declare(connection.channel())
        except ChannelClosedByBroker as refusal:
            if refusal.reply_code != _PRECONDITION_FAILED:
                raise
            _log.warning("RabbitMQ refuses a declaration; we take from what is there: %s", refusal.reply_text)
        self._channel = connection.channel()
        self._channel.basic_qos(prefetch_count=PREFETCH)
        return connection

    def _hang_up(self) -> None:
        connection, self._connection, self._in_hand = self._connection, None, None
        with suppress(AMQPError, OSError):
            if connection is not None and connection.is_open:
                connection.close()


def _parameters(url: str, timeout: float) -> pika.URLParameters:
    parameters = pika.URLParameters(url)
    parameters.client_properties = {"connection_name": "orders inlet"}
    parameters.connection_attempts, parameters.retry_delay = 1, 0
    parameters.socket_timeout = parameters.stack_timeout = parameters.blocked_connection_timeout = timeout
    if parameters.heartbeat is None:
        parameters.heartbeat = HEARTBEAT
    return parameters
