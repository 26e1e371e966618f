"""The broker: RabbitMQ, or the log."""

from __future__ import annotations

from functools import partial

from orders_adapters.memory.publisher import Publisher as MemoryPublisher
from orders_flask.parts.shapes import BrokerPart, answers, blamed_on
from orders_flask.settings import Settings


def broker(settings: Settings) -> BrokerPart:
    if settings.broker == "rabbitmq":
        from orders_adapters.rabbitmq.publisher import Publisher as RabbitPublisher

        with blamed_on("RABBITMQ_URL"):
            rabbit = RabbitPublisher(
                settings.rabbitmq_url,
                queue=settings.new_order_queue,
                exchange=settings.events_exchange,
                queue_type=settings.queue_type,
            )
        return BrokerPart(publisher=rabbit, check=partial(answers, rabbit.ping, "RabbitMQ"), close=rabbit.close)
    return BrokerPart(publisher=MemoryPublisher())
