"""Publisher confirms of a batch, with a window of at most 500 unconfirmed messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pika.channel import Channel
from pika.spec import Basic

from orders_adapters.rabbitmq.messages import Message

WINDOW = 500
UNROUTABLE = "no queue is bound for it"
REJECTED = "the broker rejected it"


class ConfirmedBatch:
    """The messages of one ``publish`` on one channel; every method runs in the connection's thread."""

    def __init__(
        self,
        messages: Sequence[Message],
        *,
        channel: Channel,
        first_tag: int,
        done: Callable[[Sequence[str | None]], None],
    ) -> None:
        self._messages, self._channel, self._first_tag, self._done = messages, channel, first_tag, done
        self._sent = 0
        self._unconfirmed: dict[int, None] = {}  # the delivery tags, in order
        self._returned: set[str | None] = set()
        self._refusals: list[str | None] = [None] * len(messages)

    @property
    def next_tag(self) -> int:
        return self._first_tag + self._sent

    def send_more(self) -> None:
        """Send messages until the window is full. Call ``done`` when all messages are confirmed."""
        while self._sent < len(self._messages) and len(self._unconfirmed) < WINDOW:
            message = self._messages[self._sent]
            self._unconfirmed[self.next_tag] = None
            self._sent += 1
            self._channel.basic_publish(
                message.exchange, message.routing_key, message.body, message.properties, mandatory=message.mandatory
            )
        if not self._unconfirmed:
            self._done(self._refusals)

    def returned(self, message_id: str | None) -> None:
        """Record a message that the broker returned as unroutable. The broker also confirms it afterwards."""
        self._returned.add(message_id)

    def confirmed(self, confirm: Basic.Ack | Basic.Nack) -> None:
        """Record an ack or nack of one message, or of all messages up to one."""
        for tag in self._up_to(confirm.delivery_tag) if confirm.multiple else [confirm.delivery_tag]:
            if tag in self._unconfirmed:
                del self._unconfirmed[tag]
                self._record(tag - self._first_tag, accepted=isinstance(confirm, Basic.Ack))
        self.send_more()

    def _up_to(self, last: int) -> list[int]:
        # In RabbitMQ, tag 0 with ``multiple`` stands for all.
        return [tag for tag in self._unconfirmed if tag <= last or last == 0]

    def _record(self, index: int, *, accepted: bool) -> None:
        message = self._messages[index]
        if not accepted:
            self._refusals[index] = REJECTED
        elif message.mandatory and message.properties.message_id in self._returned:
            self._refusals[index] = UNROUTABLE
