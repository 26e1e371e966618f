"""Topology of RabbitMQ: the queues and exchanges, and their declaration."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from pika.channel import Channel
from pika.connection import Connection
from pika.exceptions import ChannelClosedByBroker

_NOT_FOUND = 404
_log = logging.getLogger(__name__)

QUORUM: Mapping[str, Any] = {"x-queue-type": "quorum"}
"""The arguments of a queue that lives as long as most nodes of the cluster."""

MAX_DELIVERIES = 100
"""The deliveries of a message whose consumers die, after which the broker dead-letters it."""


@dataclass(frozen=True, slots=True)
class ExistingQueue:
    """A check whether a queue exists. The broker closes the channel if it does not."""

    name: str

    def declare(self, channel: Channel, done: Callable[[object], None]) -> None:
        channel.queue_declare(self.name, passive=True, callback=done)


@dataclass(frozen=True, slots=True)
class DurableQueue:
    """A durable queue. The broker closes the channel if it exists with other arguments."""

    name: str
    arguments: Mapping[str, Any] | None = None

    def declare(self, channel: Channel, done: Callable[[object], None]) -> None:
        channel.queue_declare(self.name, durable=True, arguments=self.arguments, callback=done)


@dataclass(frozen=True, slots=True)
class TopicExchange:
    """A durable topic exchange."""

    name: str

    def declare(self, channel: Channel, done: Callable[[object], None]) -> None:
        channel.exchange_declare(self.name, exchange_type="topic", durable=True, callback=done)


Declaration: TypeAlias = ExistingQueue | DurableQueue | TopicExchange


class Declarable(Protocol):
    """A set of declarations that a connection makes when it opens."""

    @property
    def declarations(self) -> Sequence[Declaration]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """A durable task queue on the default exchange, and a durable topic exchange for the queues of other consumers.

    A classic queue is declared without arguments, exactly as by a stock Celery worker. A quorum queue is declared as
    by a worker with ``task_create_missing_queue_type = "quorum"``.
    """

    queue: str | None = "new_order"  # None: no tasks
    exchange: str = "orders"
    queue_type: str = "classic"
    order_events_exchange: str = ""  # a further topic exchange; see order_envelopes

    def __post_init__(self) -> None:
        if self.queue_type not in ("classic", "quorum"):
            raise ValueError(f"The type of a queue must be classic or quorum, not {self.queue_type}.")

    @property
    def declarations(self) -> Sequence[Declaration]:
        exchanges = [TopicExchange(name) for name in (self.exchange, self.order_events_exchange) if name]
        if self.queue is None:
            return exchanges
        arguments = None if self.queue_type == "classic" else QUORUM
        return (ExistingQueue(self.queue), DurableQueue(self.queue, arguments), *exchanges)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerQueue:
    """A durable queue to consume from, with a dead-letter queue and a retry queue for early messages.

    If ``exchange`` is given, the queue is bound to it with ``key``.
    """

    queue: str
    exchange: str | None = None
    key: str = "#"

    @property
    def dead_letter(self) -> str:
        return f"{self.queue}.dlq"

    @property
    def dead_letter_arguments(self) -> Mapping[str, Any]:
        """Retain a message that operators look at many times: RabbitMQ 4 drops one after 20 deliveries by default."""
        return {**QUORUM, "x-delivery-limit": 1_000_000}

    @property
    def retry(self) -> str:
        return f"{self.queue}.retry"

    @property
    def retry_arguments(self) -> Mapping[str, Any]:
        """Dead-letter expired messages to the main queue, at least once (RabbitMQ 3.10 or later)."""
        return {
            **QUORUM,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": self.queue,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }

    def declare(self, channel: Any) -> None:
        """Make the declarations on a blocking channel."""
        self.declare_dead_letter(channel)
        self.declare_queue(channel)

    def declare_dead_letter(self, channel: Any) -> None:
        channel.queue_declare(self.dead_letter, durable=True, arguments=self.dead_letter_arguments)

    def declare_queue(self, channel: Any) -> None:
        arguments = {
            **QUORUM,
            "x-delivery-limit": MAX_DELIVERIES,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": self.dead_letter,
        }
        channel.queue_declare(self.queue, durable=True, arguments=arguments)
        if self.exchange is not None:
            channel.exchange_declare(self.exchange, exchange_type="topic", durable=True)
            channel.queue_bind(self.queue, self.exchange, self.key)


def declare(
    connection: Connection, declarations: Sequence[Declaration], *, then: Callable[[Channel, bool], None]
) -> None:
    """Make the declarations one after the other. Pass a channel to ``then``, and whether a queue is new.

    A declaration that the broker rejects (other arguments exist, or the permission is missing) is logged and skipped,
    because publishing may still work, and reports an error if it does not.
    """
    remaining = list(declarations)
    queue_is_new = False

    def open_channel() -> None:
        connection.channel(on_open_callback=opened)

    def opened(channel: Channel) -> None:
        channel.add_on_close_callback(closed)
        declare_next(channel)

    def declare_next(channel: Channel) -> None:
        if remaining:
            remaining[0].declare(channel, lambda _: done(channel))
        else:
            then(channel, queue_is_new)

    def done(channel: Channel) -> None:
        remaining.pop(0)
        declare_next(channel)

    def closed(_: Channel, reason: Exception) -> None:
        nonlocal queue_is_new
        if not remaining or not isinstance(reason, ChannelClosedByBroker):  # a rejected declaration closes the channel
            return
        rejected = remaining.pop(0)
        if isinstance(rejected, ExistingQueue) and reason.reply_code == _NOT_FOUND:
            queue_is_new = True
        else:
            _log.warning(
                "queue.declaration_rejected: publishing to the existing queue or exchange: %(error)s",
                {"error": reason.reply_text},
            )
        open_channel()

    open_channel()
