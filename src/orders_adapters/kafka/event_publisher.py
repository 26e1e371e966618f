"""Kafka event publisher: CloudEvents in binary mode, with the data as the value and the attributes as headers."""

from __future__ import annotations

from collections.abc import Sequence

from orders_adapters.kafka.producer import IdempotentProducer, Options, Record
from orders_adapters.serialization import cloudevents
from orders_adapters.serialization.broker_messages import published_data
from orders_adapters.serialization.json_format import json_bytes
from orders_domain.model.events import Event
from orders_domain.ports.event_publisher import EventPublisher

PING_TIMEOUT = 2.0  # seconds


class KafkaEventPublisher(EventPublisher):
    """See ``orders_domain.ports.event_publisher``. The key is the order id, so the events of an order stay in order.

    After PublisherUnavailable unconfirmed events may have arrived, and are published again under the same id.
    """

    def __init__(self, servers: str, *, topic: str, options: Options | None = None, timeout: float = 10.0) -> None:
        self._topic = topic
        self._producer = IdempotentProducer(servers, options=options or {}, timeout=timeout)

    def publish(self, events: Sequence[Event]) -> Sequence[str | None]:
        if not events:
            return ()
        return self._producer.send([_record(event, self._topic) for event in events])

    def ping(self) -> None:
        """Check that the cluster responds within two seconds.

        Raises:
            PublisherUnavailable: the cluster does not respond.
        """
        self._producer.ping(timeout=PING_TIMEOUT)

    def close(self) -> None:
        self._producer.close()


def _record(event: Event, topic: str) -> Record:
    """Use CloudEvents' binary mode for Kafka, so that the value is the data alone."""
    attributes = cloudevents.event_attributes(event)
    headers: dict[str, str | bytes | None] = {"content-type": str(attributes.pop("datacontenttype"))}
    headers |= {f"ce_{name}": str(value) for name, value in attributes.items()}
    value = json_bytes(published_data(event))
    return Record(topic=topic, key=str(event.order_id), value=value, headers=headers)
