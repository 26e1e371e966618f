"""Page of dead letters: the reasons are shown, and messages are consumed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dependency_injector import providers
from pika import BasicProperties

from orders_adapters.memory.message_consumer import InMemoryDeadLetters, InMemoryMessageConsumer
from orders_adapters.rabbitmq.dead_letters import RabbitMqDeadLetters
from orders_adapters.rabbitmq.message_consumer import REASON
from orders_adapters.rabbitmq.topology import ConsumerQueue
from tests.contract.http.console.client import administrator
from tests.support.service_stack import Stack

REASONS = {b"<b>bad</b>": "invalid_value: It must be JSON.", b"{}": "order_not_found: There is no such order."}


@pytest.fixture
def again(stack: Stack) -> Iterator[Callable[[], list[bytes]]]:
    """Let a queue have two dead letters; return its messages when it is called."""
    if stack.broker is None:
        consumer = InMemoryMessageConsumer()
        consumer.dead_letters += REASONS.items()
        with stack.container.dead_letters.override(providers.Object(InMemoryDeadLetters({"tracking": consumer}))):
            yield lambda: list(consumer.waiting)
        return
    server, queue = stack.broker, ConsumerQueue(queue=stack.broker.queue("tracking"))
    with server.channel() as channel:
        queue.declare(channel)
        for body, reason in REASONS.items():
            channel.basic_publish("", queue.dead_letter, body, BasicProperties(headers={REASON: reason}))

    def consumed() -> list[bytes]:
        with server.channel() as channel:
            found: list[tuple[Any, Any, bytes]] = list(
                iter(lambda: channel.basic_get(queue.queue, auto_ack=True), (None, None, None))
            )
        return [body for _, _, body in found]

    with stack.container.dead_letters.override(providers.Object(RabbitMqDeadLetters(server.url, [queue]))):
        yield consumed


def test_dead_letters_are_shown_and_resent(stack: Stack, again: Callable[[], list[bytes]]) -> None:
    root = administrator(stack)
    assert "/console/dead-letters" in root.get("/outbox").links

    page = root.get("/dead-letters")

    assert "2 dead letters" in page.text
    assert all(reason in page.text and body.decode() in page.text for body, reason in REASONS.items())
    assert "b" not in [tag for tag, _ in page.elements]
    (second,) = [form for form in page.forms if form.verb == "resend"][2:]
    one = root.send(second)
    assert "Resent: 1 message." in one.text
    assert "1 dead letter" in one.text
    assert "there is no such dead letter" in root.send(second).text
    assert "Resent: 1 message." in root.send(one.form("resend"), letter="").text
    assert "No dead letter" in root.get("/dead-letters").text
    assert again() == [b"{}", b"<b>bad</b>"]


def test_page_says_that_the_broker_is_unavailable(stack: Stack) -> None:
    letters = RabbitMqDeadLetters("amqp://127.0.0.1:1", [ConsumerQueue(queue="tracking")])
    root = administrator(stack)
    with stack.container.dead_letters.override(providers.Object(letters)):
        page = root.get("/dead-letters")

    assert page.status == 503
    assert "The broker is unavailable" in page.alerts[0]
