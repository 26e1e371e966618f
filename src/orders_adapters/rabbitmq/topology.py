"""The queue and the exchange on the broker, and how they come to be."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from pika.channel import Channel
from pika.connection import Connection
from pika.exceptions import ChannelClosedByBroker

Declaration: TypeAlias = Callable[[Channel, Callable[[object], None]], None]
"""Declares one thing on a channel, and calls when the broker has said yes."""

_log = logging.getLogger(__name__)

MAX_DELIVERIES = 100
"""How often a message is given out again after consumers that died with it; then the broker puts it aside itself."""


class Declarable(Protocol):
    """Whatever knows what it needs on the broker."""

    @property
    def declarations(self) -> Sequence[Declaration]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """A durable task queue on the default exchange, and a durable topic exchange, to which consumers bind their own.

    A classic queue is declared without arguments, exactly as a stock Celery worker declares it; a quorum queue as one
    does that has ``task_create_missing_queue_type = "quorum"``.
    """

    queue: str = "new_order"
    exchange: str = "orders"
    queue_type: str = "classic"

    def __post_init__(self) -> None:
        if self.queue_type not in ("classic", "quorum"):
            raise ValueError(f"A queue is classic or quorum, not {self.queue_type}.")

    @property
    def declarations(self) -> Sequence[Declaration]:
        return (self._declare_queue, self._declare_exchange)

    def _declare_queue(self, channel: Channel, done: Callable[[object], None]) -> None:
        arguments = None if self.queue_type == "classic" else {"x-queue-type": self.queue_type}
        channel.queue_declare(self.queue, durable=True, arguments=arguments, callback=done)

    def _declare_exchange(self, channel: Channel, done: Callable[[object], None]) -> None:
        channel.exchange_declare(self.exchange, exchange_type="topic", durable=True, callback=done)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerQueue:
    """A durable queue that we take from, and beside it one for what can never be done and one for what is early.

    Bound to an exchange it hears what is published there under the key. With ``single_active_consumer`` a single
    consumer is
    given messages, however many there are, and the next where that dies.
    """

    queue: str
    exchange: str | None = None
    key: str = "#"
    single_active_consumer: bool = False

    @property
    def dead_letter(self) -> str:
        return f"{self.queue}.dead"

    @property
    def retry(self) -> str:
        return f"{self.queue}.early"

    @property
    def retry_arguments(self) -> Mapping[str, Any]:
        """Have a message whose time there is over come back, and not get lost on the way: RabbitMQ 3.10 or later."""
        return {
            "x-queue-type": "quorum",
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": self.queue,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }

    def declare(self, channel: Any) -> None:
        """Make the declarations on a blocking channel."""
        arguments: dict[str, Any] = {
            "x-queue-type": "quorum",
            "x-delivery-limit": MAX_DELIVERIES,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": self.dead_letter,
        }
        if self.single_active_consumer:
            arguments["x-single-active-consumer"] = True
        channel.queue_declare(self.dead_letter, durable=True)
        channel.queue_declare(self.queue, durable=True, arguments=arguments)
        if self.exchange is not None:
            channel.exchange_declare(self.exchange, exchange_type="topic", durable=True)
            channel.queue_bind(self.queue, self.exchange, self.key)


def declare(connection: Connection, declarations: Sequence[Declaration], *, then: Callable[[Channel], None]) -> None:
    """Make the declarations, one after the other, and hand on a channel.

    One that the broker refuses (it exists with other arguments, or we may not declare) is passed over with a warning:
    publishing may well work all the same, and where it does not, it says so.
    """
    left = list(declarations)

    def open_channel() -> None:
        connection.channel(on_open_callback=opened)

    def opened(channel: Channel) -> None:
        channel.add_on_close_callback(closed)
        go_on(channel)

    def go_on(channel: Channel) -> None:
        if left:
            left[0](channel, lambda _: done(channel))
        else:
            then(channel)

    def done(channel: Channel) -> None:
        left.pop(0)
        go_on(channel)

    def closed(_: Channel, why: Exception) -> None:
        if left and isinstance(why, ChannelClosedByBroker):  # a refusal closes the channel
            _log.warning("RabbitMQ refuses a declaration; we publish to what is there: %s", why.reply_text)
            left.pop(0)
            open_channel()

    open_channel()
