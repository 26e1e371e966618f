"""Where messages come in: a queue of RabbitMQ, or a topic of Kafka."""

from __future__ import annotations

from orders_domain.ports.message_consumer import MessageConsumer
from orders_flask.bootstrap.components import as_setting_error, require_extra
from orders_flask.bootstrap.kafka_options import options
from orders_flask.settings import InvalidSetting, Settings


def tracking_events(settings: Settings) -> MessageConsumer:
    """What carriers tell (clause 003-07)."""
    if settings.tracking_source == "kafka":
        return _topic(settings, settings.tracking_topic, group=settings.kafka_group)
    return _queue(settings, settings.tracking_queue)


def notifications(settings: Settings) -> MessageConsumer:
    """What our relay has told of users (clause 002-29)."""
    if settings.tracking_source == "kafka":
        return _topic(settings, settings.notifications_topic, group=f"{settings.kafka_group}-notify")
    return _queue(settings, settings.notify_queue, receives_notifications=True)


def _queue(settings: Settings, name: str, *, receives_notifications: bool = False) -> MessageConsumer:
    if not settings.rabbitmq_url:
        raise InvalidSetting("RABBITMQ_URL is not set, and TRACKING_SOURCE is rabbitmq: there is nothing to take from.")
    with require_extra("rabbitmq", wanted_by="RABBITMQ_URL"):
        from orders_adapters.rabbitmq.message_consumer import RabbitMqMessageConsumer as RabbitInlet
        from orders_adapters.rabbitmq.messages import USER_NOTIFICATIONS
        from orders_adapters.rabbitmq.topology import ConsumerQueue

    inbound = ConsumerQueue(queue=name)
    if receives_notifications:
        # One consumer at a time, lest two send the same letter, come twice, at the same moment.
        inbound = ConsumerQueue(
            queue=name, exchange=settings.events_exchange, key=USER_NOTIFICATIONS, single_active_consumer=True
        )
    with as_setting_error("RABBITMQ_URL"):
        return RabbitInlet(settings.rabbitmq_url, inbound)


def _topic(settings: Settings, name: str, *, group: str) -> MessageConsumer:
    if not settings.kafka_servers:
        raise InvalidSetting("KAFKA_BOOTSTRAP_SERVERS is not set, and TRACKING_SOURCE is kafka.")
    with require_extra("kafka", wanted_by="KAFKA_BOOTSTRAP_SERVERS"):
        from orders_adapters.kafka.message_consumer import KafkaMessageConsumer as KafkaInlet
    told = options(settings)
    with as_setting_error("KAFKA_OPTIONS"):
        return KafkaInlet(settings.kafka_servers, topic=name, group=group, options=told)
