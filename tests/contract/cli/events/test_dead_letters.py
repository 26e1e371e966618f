"""The ``orders dead-letters`` commands: list and resend."""

from pathlib import Path

import pytest
from pika import BasicProperties

from orders_adapters.rabbitmq.message_consumer import REASON
from orders_adapters.rabbitmq.topology import ConsumerQueue
from tests.support.command import assert_error_line, orders
from tests.support.servers.rabbitmq import RabbitServer


@pytest.fixture
def queues(rabbitmq_server: RabbitServer) -> dict[str, str]:
    """Settings of two queues; that of carriers has two dead letters."""
    tracking, payments = (ConsumerQueue(queue=rabbitmq_server.queue(name)) for name in ("tracking", "payments"))
    with rabbitmq_server.channel() as channel:
        tracking.declare(channel)
        for body in (b"{\n}", b"[]"):
            properties = BasicProperties(headers={REASON: "invalid_value: It must be an object."})
            channel.basic_publish("", tracking.dead_letter, body, properties)
    return {
        "RABBITMQ_URL": rabbitmq_server.url,
        "TRACKING_QUEUE": tracking.queue,
        "PAYMENTS_QUEUE": payments.queue,
    }


def test_dead_letters_are_listed_and_resent(migrated: Path, queues: dict[str, str]) -> None:
    shown = orders("dead-letters", "list", here=migrated, **queues)

    first, second = [line.split("\t") for line in shown.stdout.splitlines()]
    assert first[1:] == [queues["TRACKING_QUEUE"], "3", "invalid_value: It must be an object.", "{ }"]
    assert second[-1] == "[]"
    assert shown.stderr == "2 dead letters.\n"
    assert "1 shown" in orders("dead-letters", "list", "--limit", "1", here=migrated, **queues).stderr
    assert orders("dead-letters", "resend", second[0], here=migrated, **queues).stdout == "Resent 1 message.\n"
    assert orders("dead-letters", "resend", "--all", here=migrated, **queues).stdout == "Resent 1 message.\n"
    again = orders("dead-letters", "resend", second[0], here=migrated, **queues)
    assert_error_line(again, "No dead letter has one of these ids.")


def test_message_writes_nothing_else_to_the_terminal(
    migrated: Path, queues: dict[str, str], rabbitmq_server: RabbitServer
) -> None:
    """The texts are of others: carriers write the messages, and the reasons are headers that any publisher can set."""
    payments = ConsumerQueue(queue=queues["PAYMENTS_QUEUE"])
    with rabbitmq_server.channel() as channel:
        payments.declare(channel)
        properties = BasicProperties(headers={REASON: "bad\tfield\nforged\x1b[2J"})
        channel.basic_publish("", payments.dead_letter, b"\x1b]0;title\x07", properties)

    shown = orders("dead-letters", "list", here=migrated, **queues)

    assert [len(line.split("\t")) for line in shown.stdout.splitlines()] == [5] * 3
    assert "\x1b" not in shown.stdout
    assert "]0;title" in shown.stdout


@pytest.mark.parametrize("arguments", [(), ("--all", "0" * 64)])
def test_either_ids_or_all_must_be_given(migrated: Path, arguments: tuple[str, ...]) -> None:
    ended = orders("dead-letters", "resend", *arguments, here=migrated, RABBITMQ_URL="amqp://127.0.0.1:1")

    assert ended.returncode == 2
    assert "Either ids (see: orders dead-letters list) or --all must be given." in ended.stderr


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "RABBITMQ_URL must be set."),
        ({"RABBITMQ_URL": "amqp://127.0.0.1:1"}, "RabbitMQ is unavailable"),
        (
            {"MESSAGE_BROKER": "kafka", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
            "are in the topics tracking-events.dlq and payment-facts.dlq.",
        ),
    ],
)
def test_missing_broker_is_one_sentence(migrated: Path, settings: dict[str, str], sentence: str) -> None:
    assert_error_line(orders("dead-letters", "list", here=migrated, **settings), sentence)
