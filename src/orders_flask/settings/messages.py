"""Settings of consumed messages, of Kafka and of mail."""

from __future__ import annotations

from dataclasses import dataclass

from orders_flask.settings.validation import require_one_of, require_scheme, setting


@dataclass(frozen=True, kw_only=True)
class MessageSettings:
    """Tracking events, notifications, and the mail they become."""

    message_broker: str = setting(
        "MESSAGE_BROKER",
        "rabbitmq",
        "`rabbitmq` or `kafka`: the broker from which `orders track` and `orders notify` consume",
    )
    tracking_queue: str = setting("TRACKING_QUEUE", "tracking_events", "the RabbitMQ queue of tracking events")
    notify_queue: str = setting("NOTIFY_QUEUE", "orders_notify", "the RabbitMQ queue of notifications to send")
    kafka_servers: str = setting(
        "KAFKA_BOOTSTRAP_SERVERS", "", "`host:port,host:port`: notifications are also published to Kafka"
    )
    kafka_options: str = setting(
        "KAFKA_OPTIONS", "", "`name=value name=value`: librdkafka options, such as credentials", secret=True
    )
    kafka_group: str = setting("KAFKA_GROUP", "orders", "prefix of the consumer groups' names")
    tracking_topic: str = setting("TRACKING_TOPIC", "tracking-events", "the Kafka topic of tracking events")
    notifications_topic: str = setting("NOTIFICATIONS_TOPIC", "user-notifications", "the Kafka topic of notifications")
    smtp_url: str = setting(
        "SMTP_URL",
        "",
        "`smtp://…` or `smtps://…`: `orders notify` sends mail; by default it logs notifications",
        secret=True,
    )
    smtp_sender: str = setting("SMTP_SENDER", "orders@localhost", "the sender address of mail")

    def _check_messages(self) -> None:
        require_one_of("MESSAGE_BROKER", self.message_broker, "rabbitmq", "kafka")
        require_scheme("SMTP_URL", self.smtp_url, "smtp", "smtps")
