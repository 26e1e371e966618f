"""Settings of consumed messages, of Kafka and of notifications."""

from __future__ import annotations

from dataclasses import dataclass

from orders_flask.settings.validation import InvalidSetting, require_one_of, require_scheme, setting


@dataclass(frozen=True, kw_only=True)
class MessageSettings:
    """Tracking events, and the letters and short messages to customers and administrators."""

    message_broker: str = setting(
        "MESSAGE_BROKER",
        "rabbitmq",
        "`rabbitmq` or `kafka`: the broker from which `orders track` and `orders payments` consume",
    )
    tracking_queue: str = setting("TRACKING_QUEUE", "tracking_events", "the RabbitMQ queue of tracking events")
    payments_queue: str = setting("PAYMENTS_QUEUE", "payment_facts", "the RabbitMQ queue of payment facts")
    kafka_servers: str = setting(
        "KAFKA_BOOTSTRAP_SERVERS", "", "`host:port,host:port`: notifications are also published to Kafka"
    )
    kafka_options: str = setting(
        "KAFKA_OPTIONS", "", "`name=value name=value`: librdkafka options, such as credentials", secret=True
    )
    kafka_group: str = setting("KAFKA_GROUP", "orders", "prefix of the consumer groups' names")
    tracking_topic: str = setting("TRACKING_TOPIC", "tracking-events", "the Kafka topic of tracking events")
    payments_topic: str = setting("PAYMENTS_TOPIC", "payment-facts", "the Kafka topic of payment facts")
    notifications_topic: str = setting("NOTIFICATIONS_TOPIC", "user-notifications", "the Kafka topic of notifications")
    smtp_url: str = setting(
        "SMTP_URL",
        "",
        "`smtp://…` or `smtps://…`: letters are sent by this mail server; by default `orders notify` logs them",
        secret=True,
    )
    smtp_sender: str = setting("SMTP_SENDER", "orders@localhost", "the sender address of mail")
    sms_url: str = setting("SMS_URL", "", "`https://…`: short messages are sent by `POST` to this URL; by default none")
    sms_token: str = setting("SMS_TOKEN", "", "the bearer token of the SMS service", secret=True)
    sms_sender: str = setting("SMS_SENDER", "", "the member `from` of each short message, if the SMS service needs one")
    notification_templates: str = setting(
        "NOTIFICATION_TEMPLATES", "", "a folder whose templates replace those of letters and short messages"
    )
    notification_language: str = setting(
        "NOTIFICATION_LANGUAGE", "en", "the language of notifications if there are no templates of the recipient's"
    )

    @property
    def sends_notifications(self) -> bool:
        """Whether a mail server or an SMS service is configured, so that notifications are more than logged."""
        return bool(self.smtp_url or self.sms_url)

    def _check_messages(self) -> None:
        require_one_of("MESSAGE_BROKER", self.message_broker, "rabbitmq", "kafka")
        require_scheme("SMTP_URL", self.smtp_url, "smtp", "smtps")
        require_scheme("SMS_URL", self.sms_url, "https", "http")
        if (self.sms_token or self.sms_sender) and not self.sms_url:
            raise InvalidSetting("SMS_URL must be set, because SMS_TOKEN or SMS_SENDER is.")
