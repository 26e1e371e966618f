"""Settings of the broker to which events are published."""

from __future__ import annotations

from dataclasses import dataclass

from orders_flask.settings.validation import InvalidSetting, require_one_of, require_scheme, setting


@dataclass(frozen=True, kw_only=True)
class BrokerSettings:
    """RabbitMQ, its task queue and its exchange."""

    rabbitmq_url: str = setting(
        "RABBITMQ_URL",
        "",
        "`amqp://…`: the broker; of a cluster `amqp://user:password@node-1,node-2,node-3`; by default events "
        "are only logged, or wait if `DATABASE_URL` is set",
        secret=True,
    )
    new_order_queue: str = setting(
        "NEW_ORDER_QUEUE", "new_order", "the queue that gets a task for each placed order; empty or `off`: no tasks"
    )
    events_exchange: str = setting("EVENTS_EXCHANGE", "orders", "the topic exchange that gets every event")
    queue_type: str = setting("RABBITMQ_QUEUE_TYPE", "classic", "`classic` or `quorum`: the type of the task queue")

    def _check_broker(self) -> None:
        require_scheme("RABBITMQ_URL", self.rabbitmq_url, "amqp", "amqps")
        require_one_of("RABBITMQ_QUEUE_TYPE", self.queue_type, "classic", "quorum")
        if self.new_order_queue == self.events_exchange:
            raise InvalidSetting(
                "NEW_ORDER_QUEUE and EVENTS_EXCHANGE must differ, because a Celery worker declares both by that name."
            )
