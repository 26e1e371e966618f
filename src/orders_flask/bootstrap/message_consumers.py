"""Message consumers: a RabbitMQ queue or a Kafka topic."""

from __future__ import annotations

from orders_domain.ports.message_consumer import MessageConsumer
from orders_flask.bootstrap.components import as_setting_error, require_extra
from orders_flask.bootstrap.kafka_options import options
from orders_flask.settings import InvalidSetting, Settings


def tracking_events(settings: Settings) -> MessageConsumer:
    """Return the consumer of carriers' tracking events (clause 003-07)."""
    if settings.message_broker == "kafka":
        return _topic(settings, settings.tracking_topic, group=settings.kafka_group)
    return _queue(settings, settings.tracking_queue)


def notifications(settings: Settings) -> MessageConsumer:
    """Return the consumer of user notifications, which the relay publishes (clause 002-29)."""
    if settings.message_broker == "kafka":
        return _topic(settings, settings.notifications_topic, group=f"{settings.kafka_group}-notify")
    return _queue(settings, settings.notify_queue, receives_notifications=True)


def _queue(settings: Settings, name: str, *, receives_notifications: bool = False) -> MessageConsumer:
    if not settings.rabbitmq_url:
        raise InvalidSetting("RABBITMQ_URL must be set, because MESSAGE_BROKER is rabbitmq.")
    with require_extra("rabbitmq", wanted_by="RABBITMQ_URL"):
        from orders_adapters.rabbitmq.message_consumer import RabbitMqMessageConsumer as RabbitConsumer
        from orders_adapters.rabbitmq.messages import USER_NOTIFICATIONS
        from orders_adapters.rabbitmq.topology import ConsumerQueue

    queue = ConsumerQueue(queue=name)
    if receives_notifications:
        # A single active consumer, because two could send duplicates of a notification concurrently.
        queue = ConsumerQueue(
            queue=name, exchange=settings.events_exchange, key=USER_NOTIFICATIONS, single_active_consumer=True
        )
    with as_setting_error("RABBITMQ_URL"):
        return RabbitConsumer(settings.rabbitmq_url, queue)


def _topic(settings: Settings, name: str, *, group: str) -> MessageConsumer:
    if not settings.kafka_servers:
        raise InvalidSetting("KAFKA_BOOTSTRAP_SERVERS must be set, because MESSAGE_BROKER is kafka.")
    with require_extra("kafka", wanted_by="KAFKA_BOOTSTRAP_SERVERS"):
        from orders_adapters.kafka.message_consumer import KafkaMessageConsumer as KafkaConsumer
    kafka_options = options(settings)
    with as_setting_error("KAFKA_OPTIONS"):
        return KafkaConsumer(settings.kafka_servers, topic=name, group=group, options=kafka_options)
