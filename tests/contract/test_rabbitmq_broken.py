"""RabbitMQ that is frozen, out of memory or killed: bounded waiting, and no confirmed event is lost."""

import os
import subprocess

import pytest

from orders_adapters.rabbitmq import publisher_connection
from orders_adapters.rabbitmq.event_publisher import RabbitMqEventPublisher
from tests.contract.test_rabbitmq_faults import SLACK, TIMEOUT, refused_within
from tests.contract.test_rabbitmq_publisher import an_event
from tests.support.servers.ephemeral import ThrowawayRabbit
from tests.support.servers.rabbitmq import RabbitServer


@pytest.mark.deep  # each fault of it is one of the short torture run, or of the publisher behind a proxy
def test_broken_broker_loses_no_confirmed_event(
    throwaway_rabbit: ThrowawayRabbit,
) -> None:
    publisher = RabbitMqEventPublisher(throwaway_rabbit.url, timeout=TIMEOUT)
    assert publisher.publish([an_event()] * 300) == [None] * 300

    throwaway_rabbit.freeze()
    refused_within(TIMEOUT + SLACK, publisher)
    refused_within(TIMEOUT + SLACK, publisher)
    throwaway_rabbit.thaw()
    assert publisher.publish([an_event()]) == [None]

    rabbitmqctl(throwaway_rabbit, "set_vm_memory_high_watermark", "0.000001")
    refused_within(TIMEOUT + SLACK, publisher)
    rabbitmqctl(throwaway_rabbit, "set_vm_memory_high_watermark", "0.4")
    assert publisher.publish([an_event()]) == [None]

    throwaway_rabbit.kill()
    refused_within(1, publisher)
    throwaway_rabbit.start()
    assert publisher.publish([an_event()]) == [None]

    with RabbitServer(throwaway_rabbit.url).channel() as channel:
        assert channel.queue_declare("new_order", passive=True).method.message_count >= 303
    publisher.close()


@pytest.mark.timeout(3_600)  # 30 starts, each of 5 to 90 seconds
@pytest.mark.deep  # its cause, the delay, is tested with the publisher
def test_kill_loses_no_confirmed_event_of_a_new_queue(
    throwaway_rabbit: ThrowawayRabbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the delay 2 of 34 brokers lost a new queue with its messages."""
    monkeypatch.setattr(publisher_connection, "NEW_QUEUE_DELAY", 3.0)
    for number in range(30):
        queue = f"new-{number}"
        publisher = RabbitMqEventPublisher(throwaway_rabbit.url, queue=queue)
        assert publisher.publish([an_event()] * 20) == [None] * 20

        throwaway_rabbit.kill()
        throwaway_rabbit.start()

        with RabbitServer(throwaway_rabbit.url).channel() as channel:
            assert channel.queue_declare(queue, passive=True).method.message_count == 20
        publisher.close()


def rabbitmqctl(server: ThrowawayRabbit, *command: str) -> None:
    subprocess.run(
        [server.command()[0].replace("rabbitmq-server", "rabbitmqctl"), *command],
        env=os.environ | server.environment(),
        check=True,
        capture_output=True,
        timeout=60,
    )
