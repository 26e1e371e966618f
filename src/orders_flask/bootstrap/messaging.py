"""Messaging components: the broker of events, and the consumers of tracking events and payment facts.

The broker is RabbitMQ, the log or none, and optionally Kafka for notifications; a consumer reads a RabbitMQ queue or
a Kafka topic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from orders_adapters.composite.fan_out_publisher import FanOutPublisher
from orders_adapters.composite.numeric_user_ids import NumericUserIdsPublisher, with_numeric_user_id
from orders_adapters.memory.event_publisher import InMemoryEventPublisher
from orders_adapters.memory.message_consumer import InMemoryDeadLetters
from orders_adapters.memory.no_publisher import NoPublisher
from orders_adapters.serialization import cloudevents
from orders_domain.model.events import Event
from orders_domain.ports.events.dead_letters import DeadLetters
from orders_domain.ports.message_consumer import MessageConsumer
from orders_flask.bootstrap.components import (
    BrokerComponent,
    as_setting_error,
    check_health,
    require_extra,
)
from orders_flask.settings import InvalidSetting, Settings


def broker(settings: Settings) -> BrokerComponent:
    component = _broker(settings)
    if settings.integer_user_ids:
        return replace(component, publisher=NumericUserIdsPublisher(component.publisher))
    return component


def event_bytes(settings: Settings, event: Event) -> bytes:
    """Return the message of an event, as the broker gets it."""
    return cloudevents.event_bytes(with_numeric_user_id(event) if settings.integer_user_ids else event)


def _broker(settings: Settings) -> BrokerComponent:
    main = _main_broker(settings)
    if not settings.kafka_servers or settings.broker == "none":  # notifications wait behind the events of their orders
        return main
    with require_extra("kafka", wanted_by="KAFKA_BOOTSTRAP_SERVERS"):
        from orders_adapters.kafka.event_publisher import KafkaEventPublisher

    options = _kafka_options(settings)
    with as_setting_error("KAFKA_OPTIONS"):
        kafka = KafkaEventPublisher(settings.kafka_servers, topic=settings.notifications_topic, options=options)

    def check() -> str | None:
        return "; ".join(filter(None, (main.check(), check_health(kafka.ping)))) or None

    def close() -> None:
        main.close()
        kafka.close()

    fan_out = FanOutPublisher(main.publisher, kafka)
    return replace(main, publisher=fan_out, check=check, close=close)


FORMER_QUEUE = "orders_notify"


def _remedies(settings: Settings) -> Mapping[str, str]:
    """Return what to do about each queue that nobody consumes, by its name."""
    return {
        settings.tracking_queue: "start: orders track",
        FORMER_QUEUE: "no process of this release reads it; delete it with: rabbitmqctl delete_queue orders_notify",
    }


def _main_broker(settings: Settings) -> BrokerComponent:
    if settings.broker == "rabbitmq":
        with require_extra("rabbitmq", wanted_by="RABBITMQ_URL"):
            from orders_adapters.rabbitmq.event_publisher import RabbitMqEventPublisher
            from orders_adapters.rabbitmq.unconsumed_queues import unconsumed_queues

        with as_setting_error("RABBITMQ_URL"):
            rabbit = RabbitMqEventPublisher(
                settings.rabbitmq_url,
                queue=None if settings.new_order_queue in ("", "off") else settings.new_order_queue,
                exchange=settings.events_exchange,
                queue_type=settings.queue_type,
                order_events_exchange=settings.order_events_exchange,
            )
        return BrokerComponent(
            publisher=rabbit,
            check=partial(check_health, rabbit.ping),
            warning=rabbit.unconsumed_queue,
            unconsumed_queues=partial(unconsumed_queues, settings.rabbitmq_url, _remedies(settings)),
            close=rabbit.close,
        )
    if settings.broker == "log":
        return BrokerComponent(publisher=InMemoryEventPublisher())
    publisher = NoPublisher("Events wait in the outbox, because there is no broker; set RABBITMQ_URL.")
    return BrokerComponent(publisher=publisher, check=partial(check_health, publisher.ping))


def tracking_events(settings: Settings) -> MessageConsumer:
    """Return the consumer of carriers' tracking events (clause 003-07)."""
    return _messages(settings, queue=settings.tracking_queue, topic=settings.tracking_topic)


def payment_facts(settings: Settings) -> MessageConsumer:
    """Return the consumer of payment providers' facts."""
    return _messages(settings, queue=settings.payments_queue, topic=settings.payments_topic)


def dead_letters(settings: Settings) -> DeadLetters:
    """Return the dead letters of the consumers; none if they consume from Kafka, whose topics are read by its tools."""
    if not settings.rabbitmq_url or settings.message_broker != "rabbitmq":
        return InMemoryDeadLetters()
    with require_extra("rabbitmq", wanted_by="RABBITMQ_URL"):
        from orders_adapters.rabbitmq.dead_letters import RabbitMqDeadLetters
        from orders_adapters.rabbitmq.topology import ConsumerQueue

    queues = [ConsumerQueue(queue=name) for name in (settings.tracking_queue, settings.payments_queue)]
    with as_setting_error("RABBITMQ_URL"):
        return RabbitMqDeadLetters(settings.rabbitmq_url, queues)


def _messages(settings: Settings, *, queue: str, topic: str) -> MessageConsumer:
    if settings.message_broker == "kafka":
        return _topic(settings, topic, group=settings.kafka_group)
    return _queue(settings, queue)


def _queue(settings: Settings, name: str) -> MessageConsumer:
    if not settings.rabbitmq_url:
        raise InvalidSetting("RABBITMQ_URL must be set, because MESSAGE_BROKER is rabbitmq.")
    with require_extra("rabbitmq", wanted_by="RABBITMQ_URL"):
        from orders_adapters.rabbitmq.message_consumer import RabbitMqMessageConsumer
        from orders_adapters.rabbitmq.topology import ConsumerQueue

    with as_setting_error("RABBITMQ_URL"):
        return RabbitMqMessageConsumer(settings.rabbitmq_url, ConsumerQueue(queue=name))


def _topic(settings: Settings, name: str, *, group: str) -> MessageConsumer:
    if not settings.kafka_servers:
        raise InvalidSetting("KAFKA_BOOTSTRAP_SERVERS must be set, because MESSAGE_BROKER is kafka.")
    with require_extra("kafka", wanted_by="KAFKA_BOOTSTRAP_SERVERS"):
        from orders_adapters.kafka.message_consumer import KafkaMessageConsumer
    options = _kafka_options(settings)
    with as_setting_error("KAFKA_OPTIONS"):
        return KafkaMessageConsumer(settings.kafka_servers, topic=name, group=group, options=options)


def _kafka_options(settings: Settings) -> Mapping[str, str]:
    """Return KAFKA_OPTIONS by name."""
    pairs = [option.partition("=") for option in settings.kafka_options.split()]
    if any(not name or not equals for name, equals, _ in pairs):
        raise InvalidSetting("KAFKA_OPTIONS must be written name=value name=value.")
    return {name: value for name, _, value in pairs}
