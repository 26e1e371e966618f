"""Queues with the former names: the program of docs/howto/upgrade.md moves their dead letters."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from pika import BasicProperties
from pika.exceptions import ChannelClosedByBroker

from orders_adapters.rabbitmq.message_consumer import REASON
from orders_adapters.rabbitmq.topology import ConsumerQueue
from tests.support.servers.rabbitmq import RabbitServer

UPGRADE = Path(__file__).parents[2] / "docs" / "howto" / "upgrade.md"


def program() -> str:
    return textwrap.dedent(UPGRADE.read_text().partition("python3 - <<END\n")[2].partition("    END\n")[0])


def test_program_moves_dead_letters(rabbitmq_server: RabbitServer) -> None:
    tracking, notify = (
        ConsumerQueue(queue=rabbitmq_server.queue("old")),
        ConsumerQueue(queue=rabbitmq_server.queue("n")),
    )
    former = f"{tracking.queue}.dead"
    with rabbitmq_server.channel() as channel:
        channel.queue_declare(f"{tracking.queue}.early", durable=True, arguments={"x-queue-type": "quorum"})
        channel.queue_declare(former, durable=True)
        for body, headers in ((b"first", {"x-reason": "refused: It is bad.", "theirs": 1}), (b"second", None)):
            channel.basic_publish("", former, body, BasicProperties(headers=headers, delivery_mode=2))
    names = {"TRACKING_QUEUE": tracking.queue, "NOTIFY_QUEUE": notify.queue}

    subprocess.run(
        [sys.executable, "-c", program()],
        env=os.environ | names | {"RABBITMQ_URL": rabbitmq_server.url},
        check=True,
        timeout=60,
    )

    with rabbitmq_server.channel() as channel:
        moved = [channel.basic_get(tracking.dead_letter, auto_ack=True) for _ in range(3)]
    for _, properties, _ in moved[:2]:
        properties.headers.pop("x-delivery-count", None)  # of a quorum queue
    assert [(properties.headers, body) for _, properties, body in moved[:2]] == [
        ({REASON: "refused: It is bad.", "theirs": 1}, b"first"),
        ({REASON: ""}, b"second"),
    ]
    assert moved[2][0] is None
    for gone in (former, f"{tracking.queue}.early", f"{notify.queue}.dead"):
        with rabbitmq_server.channel() as channel, pytest.raises(ChannelClosedByBroker, match="NOT_FOUND"):
            channel.queue_declare(gone, passive=True)
