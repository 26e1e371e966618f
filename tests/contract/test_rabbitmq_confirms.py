"""Publisher confirms: the window, confirms of several messages, and returned messages."""

from collections.abc import Sequence

from pika.spec import Basic, BasicProperties

from orders_adapters.rabbitmq.confirms import REJECTED, UNROUTABLE, WINDOW, ConfirmedBatch
from orders_adapters.rabbitmq.messages import Message


class Channel:
    """Records the published messages; the test acts as the broker."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def basic_publish(self, _: str, __: str, body: bytes, ___: BasicProperties, *, mandatory: bool) -> None:
        self.sent.append(body)


def begin(count: int, *, first_tag: int = 1) -> tuple[ConfirmedBatch, Channel, list[Sequence[str | None]]]:
    channel, outcomes = Channel(), list[Sequence[str | None]]()
    messages = [
        Message(
            exchange="",
            routing_key="q",
            mandatory=True,
            body=b"%d" % number,
            properties=BasicProperties(message_id=str(number)),
        )
        for number in range(count)
    ]
    delivery = ConfirmedBatch(messages, channel=channel, first_tag=first_tag, done=outcomes.append)
    delivery.send_more()
    return delivery, channel, outcomes


def test_unconfirmed_messages_stay_in_the_window() -> None:
    delivery, channel, outcomes = begin(2 * WINDOW)
    assert len(channel.sent) == WINDOW

    delivery.confirmed(Basic.Ack(delivery_tag=1))
    assert len(channel.sent) == WINDOW + 1

    delivery.confirmed(Basic.Ack(delivery_tag=WINDOW, multiple=True))
    assert len(channel.sent) == 2 * WINDOW
    assert not outcomes

    delivery.confirmed(Basic.Ack(delivery_tag=0, multiple=True))
    assert outcomes == [[None] * 2 * WINDOW]


def test_confirm_is_matched_to_its_message() -> None:
    delivery, _, outcomes = begin(4, first_tag=101)

    delivery.confirmed(Basic.Ack(delivery_tag=103))
    delivery.confirmed(Basic.Nack(delivery_tag=102, multiple=True))
    delivery.confirmed(Basic.Ack(delivery_tag=104))

    assert outcomes == [[REJECTED, REJECTED, None, None]]


def test_returned_message_is_unroutable() -> None:
    delivery, _, outcomes = begin(3)

    delivery.returned("1")
    delivery.confirmed(Basic.Ack(delivery_tag=3, multiple=True))

    assert outcomes == [[None, UNROUTABLE, None]]


def test_confirm_of_earlier_batch_is_ignored() -> None:
    delivery, _, outcomes = begin(1, first_tag=8)

    delivery.confirmed(Basic.Nack(delivery_tag=7))

    assert not outcomes
    delivery.confirmed(Basic.Ack(delivery_tag=8))
    assert outcomes == [[None]]
