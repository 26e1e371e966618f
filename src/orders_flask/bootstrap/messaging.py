"""The broker: RabbitMQ, or the log; and Kafka beside it, for notifications."""

from __future__ import annotations

from functools import partial

from orders_adapters.composite.fan_out_publisher import FanOutPublisher
from orders_adapters.memory.event_publisher import InMemoryEventPublisher as MemoryPublisher
from orders_flask.bootstrap.components import BrokerPart, blamed_on, installed, well
from orders_flask.bootstrap.kafka_options import options
from orders_flask.settings import Settings


def broker(settings: Settings) -> BrokerPart:
    main = _main(settings)
    if not settings.kafka_servers:
        return main
    with installed("kafka", wanted_by="KAFKA_BOOTSTRAP_SERVERS"):
        from orders_adapters.kafka.event_publisher import KafkaEventPublisher as KafkaPublisher

    told = options(settings)
    with blamed_on("KAFKA_OPTIONS"):
        kafka = KafkaPublisher(settings.kafka_servers, topic=settings.notifications_topic, options=told)

    def check() -> str | None:
        return "; ".join(filter(None, (main.check(), well(kafka.ping)))) or None

    def close() -> None:
        main.close()
        kafka.close()

    return BrokerPart(publisher=FanOutPublisher(main.publisher, kafka), check=check, close=close)


def _main(settings: Settings) -> BrokerPart:
    if settings.broker == "rabbitmq":
        with installed("rabbitmq", wanted_by="RABBITMQ_URL"):
            from orders_adapters.rabbitmq.event_publisher import RabbitMqEventPublisher as RabbitPublisher

        with blamed_on("RABBITMQ_URL"):
            rabbit = RabbitPublisher(
                settings.rabbitmq_url,
                queue=settings.new_order_queue,
                exchange=settings.events_exchange,
                queue_type=settings.queue_type,
            )
        return BrokerPart(publisher=rabbit, check=partial(well, rabbit.ping), close=rabbit.close)
    return BrokerPart(publisher=MemoryPublisher())
