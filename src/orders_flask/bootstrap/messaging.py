"""Broker component: RabbitMQ, the log or none, and optionally Kafka for notifications."""

from __future__ import annotations

from functools import partial

from orders_adapters.composite.fan_out_publisher import FanOutPublisher
from orders_adapters.memory.event_publisher import InMemoryEventPublisher as MemoryPublisher
from orders_adapters.memory.no_publisher import NoPublisher
from orders_flask.bootstrap.components import BrokerComponent, as_setting_error, check_health, require_extra
from orders_flask.bootstrap.kafka_options import options
from orders_flask.settings import Settings


def broker(settings: Settings) -> BrokerComponent:
    main = _main(settings)
    if not settings.kafka_servers or settings.broker == "none":  # notifications wait behind the events of their orders
        return main
    with require_extra("kafka", wanted_by="KAFKA_BOOTSTRAP_SERVERS"):
        from orders_adapters.kafka.event_publisher import KafkaEventPublisher as KafkaPublisher

    kafka_options = options(settings)
    with as_setting_error("KAFKA_OPTIONS"):
        kafka = KafkaPublisher(settings.kafka_servers, topic=settings.notifications_topic, options=kafka_options)

    def check() -> str | None:
        return "; ".join(filter(None, (main.check(), check_health(kafka.ping)))) or None

    def close() -> None:
        main.close()
        kafka.close()

    fan_out = FanOutPublisher(main.publisher, kafka)
    return BrokerComponent(publisher=fan_out, check=check, warning=main.warning, close=close)


def _main(settings: Settings) -> BrokerComponent:
    if settings.broker == "rabbitmq":
        with require_extra("rabbitmq", wanted_by="RABBITMQ_URL"):
            from orders_adapters.rabbitmq.event_publisher import RabbitMqEventPublisher as RabbitPublisher

        with as_setting_error("RABBITMQ_URL"):
            rabbit = RabbitPublisher(
                settings.rabbitmq_url,
                queue=None if settings.new_order_queue == "off" else settings.new_order_queue,
                exchange=settings.events_exchange,
                queue_type=settings.queue_type,
            )
        return BrokerComponent(
            publisher=rabbit,
            check=partial(check_health, rabbit.ping),
            warning=rabbit.unconsumed_queue,
            close=rabbit.close,
        )
    if settings.broker == "log":
        return BrokerComponent(publisher=MemoryPublisher())
    nobody = NoPublisher("Events wait in the outbox, because there is no broker; set RABBITMQ_URL.")
    return BrokerComponent(publisher=nobody, check=partial(check_health, nobody.ping))
