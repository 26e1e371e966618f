"""Topic of Kafka as a source (`pip install 'orders-client[kafka]'`)."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message

from orders_client.consuming.deliveries import Delivery, NotAnEvent, read_event, read_json

_log = logging.getLogger(__name__)
IDLE_SECONDS = 1.0


class KafkaTopic:
    """Consumes a topic of the service, such as `user-notifications`, or one that its events are copied to.

    `configuration` is librdkafka's, with `bootstrap.servers` and `group.id`. An offset is committed after the record
    was handled. A record that is no event is passed over, and logged; an event that is not valid is an error, and is
    delivered again to the next call.
    """

    def __init__(self, configuration: Mapping[str, Any], topic: str) -> None:
        self._configuration = {
            "auto.offset.reset": "earliest",
            **configuration,
            "enable.auto.commit": True,
            "enable.auto.offset.store": False,  # only the offsets of handled records are committed
            "enable.partition.eof": True,
        }
        self._topic = topic

    def deliveries(self, position: str | None) -> Iterator[Delivery | None]:
        """Yield the deliveries, and None at the ends of all partitions. The group has the position."""
        consumer = Consumer(self._configuration)
        finished: set[int] = set()  # the partitions that were read to their ends
        try:
            consumer.subscribe([self._topic])
            while True:
                record = consumer.poll(IDLE_SECONDS)
                if record is None:
                    assigned = {place.partition for place in consumer.assignment()}
                    yield None if assigned and assigned <= finished else Delivery(event=None)
                elif error := record.error():
                    if error.code() != KafkaError._PARTITION_EOF:
                        raise KafkaException(error)
                    finished.add(record.partition() or 0)
                else:
                    finished.discard(record.partition() or 0)
                    if delivery := _delivery(record):
                        yield delivery
                    consumer.store_offsets(record)
        finally:
            consumer.close()


def _delivery(record: Message) -> Delivery | None:
    try:
        return Delivery(event=read_event(_members(record)))
    except NotAnEvent as error:
        place = f"{record.topic()}/{record.partition()}/{record.offset()}"
        _log.warning("The record %s is no event: %s", place, error)
        return None


def _members(record: Message) -> Any:
    """Return the members of a CloudEvent in structured or binary mode."""
    pairs: Any = record.headers() or []
    attributes = {
        name.removeprefix("ce_"): (value or b"").decode(errors="replace")
        for name, value in pairs
        if name.startswith("ce_")
    }
    body = read_json(record.value())
    if not attributes:
        return body
    return {"datacontenttype": "application/json", **attributes, "data": body}
