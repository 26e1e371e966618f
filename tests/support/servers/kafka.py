"""Kafka for a test run: librdkafka's mock cluster in a separate process, which leaves no data behind."""

import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import count
from typing import Any, Self

from confluent_kafka import Consumer, Message, Producer, TopicPartition

PROGRAM = """
import sys
from confluent_kafka import Producer

cluster = Producer({"test.mock.num.brokers": 3, "log_level": 0})
print(",".join(f"{one.host}:{one.port}" for one in cluster.list_topics(timeout=20).brokers.values()), flush=True)
sys.stdin.read()
"""
PATIENCE = 30  # seconds


class KafkaServer:
    """A mock cluster of three brokers; it creates a topic on first use."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def name(self, label: str) -> str:
        """Return a new name for a topic or a group."""
        return f"{label}-{next(self._numbers)}"

    def topic(self, label: str) -> str:
        """Create a topic; return its name."""
        return self.make(self.name(label))

    def make(self, topic: str) -> str:
        """Create the topic; return its name."""
        maker = Producer({"bootstrap.servers": self.servers, "log_level": 0})
        deadline = time.monotonic() + PATIENCE
        while not maker.list_topics(topic, timeout=PATIENCE).topics[topic].partitions:
            assert time.monotonic() < deadline, "Kafka did not make the topic"
            time.sleep(0.05)
        return topic

    def send(self, topic: str, values: Sequence[bytes], *, key: str | None = None) -> None:
        """Publish values to a topic and wait for the acknowledgements."""
        producer = Producer({"bootstrap.servers": self.servers, "acks": "all", "log_level": 0})
        for value in values:
            producer.produce(topic, value, key)
        assert producer.flush(PATIENCE) == 0, "Kafka did not take it all"

    def headers(self, record: Message) -> dict[str, str]:
        """Return the headers of a record as text."""
        pairs: Any = record.headers() or []
        return {name: bytes(value).decode() for name, value in pairs}

    def records(self, topic: str) -> list[Message]:
        """Return all records of a topic, in order within each partition."""
        reader = Consumer({"bootstrap.servers": self.servers, "group.id": "reader", "log_level": 0})
        try:
            places = [
                TopicPartition(topic, partition, 0)
                for partition in reader.list_topics(topic, timeout=PATIENCE).topics[topic].partitions
            ]
            ends = {place.partition: reader.get_watermark_offsets(place, timeout=PATIENCE)[1] for place in places}
            fetched: list[Message] = []
            for place in places:
                reader.assign([place])
                while ends[place.partition] > sum(record.partition() == place.partition for record in fetched):
                    fetched += [record for record in reader.consume(500, timeout=1) if record.error() is None]
            return fetched
        finally:
            reader.close()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self.servers = self._process.stdout.readline().strip()
        assert self.servers, "the mock cluster did not start"
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.communicate(timeout=10)
