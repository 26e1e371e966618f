"""Closing a Kafka consumer whose group is rebalanced without a poll."""

import subprocess
import sys

import pytest

from tests.support.servers.kafka import KafkaServer

IDLE = 14  # seconds without a poll, in which the group of a consumer that joined is rebalanced
CLOSES = f"""
import sys, time
from orders_adapters.kafka.message_consumer import KafkaMessageConsumer
servers, topic = sys.argv[1:]
options = {{"session.timeout.ms": "3000", "heartbeat.interval.ms": "300", "log_level": "0"}}
consumer = KafkaMessageConsumer(servers, topic=topic, group="closing", options=options)
consumer.poll(lambda _: None, timeout=0.01)
time.sleep({IDLE})
consumer.close()
"""


@pytest.mark.deep
def test_consumer_closes_during_a_rebalance(kafka_server: KafkaServer) -> None:
    topic = kafka_server.topic("closing")

    # A separate process, because librdkafka waited forever while it held Python's lock, which blocks all threads.
    ended = subprocess.run([sys.executable, "-c", CLOSES, kafka_server.servers, topic], timeout=IDLE + 20)

    assert ended.returncode == 0
