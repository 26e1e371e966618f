"""Dead letters of the Kafka consumer that are too large with their reason."""

from orders_adapters.kafka.message_consumer import ORIGIN, REASON
from orders_adapters.kafka.message_consumer import KafkaMessageConsumer as InKafka
from orders_adapters.testing.message_consumer import poll_until
from tests.contract.ports.messages.consumers import FAST_REBALANCE
from tests.support.servers.kafka import KafkaServer


def test_record_of_greatest_size_blocks_nothing(kafka_server: KafkaServer) -> None:
    """Its dead letter names its place instead of repeating it."""
    topic = kafka_server.topic("large")
    kafka_server.make(f"{topic}.dlq")
    kafka_server.send(topic, [b"x" * 999_900, b"valid"], key="one partition")
    consumer = InKafka(kafka_server.servers, topic=topic, group=topic, options=FAST_REBALANCE)
    seen: list[bytes] = []

    def handle(message: bytes) -> str | None:
        seen.append(message[:5])
        return None if message == b"valid" else "invalid_value: It is too large."

    poll_until(consumer, handle, lambda: b"valid" in seen)
    consumer.close()

    assert seen == [b"xxxxx", b"valid"]
    [letter] = kafka_server.records(f"{topic}.dlq")
    headers = kafka_server.headers(letter)
    assert (letter.value() or b"", headers[REASON]) == (b"", "invalid_value: It is too large.")
    assert headers[ORIGIN].startswith(f"{topic}/")
