"""A carrier that publishes duplicate tracking events in random order, over RabbitMQ or Kafka."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlalchemy import text

from orders_adapters.rabbitmq.topology import ConsumerQueue
from orders_adapters.system import clock
from orders_domain import Order
from tests.support.servers.kafka import KafkaServer
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.shop import DatabaseShop

LIFE = ("CONFIRMED", "IN_TRANSIT", "DELIVERED")
PAUSE = 0.1  # seconds between two orders


@dataclass
class Carrier:
    """Publishes tracking events; `put` sends one message to the broker."""

    core: DatabaseShop
    chance: Random
    put: Callable[[str, bytes], None]
    published: set[str] = field(default_factory=set)
    orders: list[Order] = field(default_factory=list)
    _seen: int = 0

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Place orders and publish their tracking events until the block ends."""
        enough = threading.Event()

        def publish() -> None:
            while not enough.wait(PAUSE):
                self.publish_another()

        with ThreadPoolExecutor(1) as thread:
            publishing = thread.submit(publish)
            try:
                yield
            finally:
                enough.set()
            publishing.result()

    def publish_another(self) -> None:
        order = self.core.place()
        self.orders.append(order)
        events = [self._event(order, word) for word in LIFE] * 2
        self.chance.shuffle(events)
        for event in events:
            self.put(str(order.id), json.dumps(event).encode())

    def _event(self, order: Order, word: str) -> dict[str, Any]:
        event_id = f"{order.id} {word}"
        self.published.add(event_id)
        named = order.number if self.chance.random() < 0.5 else str(order.id)
        return {"eventId": event_id, "orderID": named, "status": word, "occurredAt": clock.now().isoformat()}

    def more_is_applied(self) -> bool:
        """Return whether more events have been applied since the last call."""
        before, self._seen = self._seen, self.applied()
        return self._seen > before

    def applied(self) -> int:
        """The number of events in the inbox."""
        with self.core.engine.connect() as connection:
            return int(connection.execute(text("SELECT count(*) FROM inbox")).scalar_one())


@contextmanager
def over_rabbitmq(server: RabbitServer, queue: str) -> Iterator[Callable[[str, bytes], None]]:
    inbound = ConsumerQueue(queue=queue)
    with server.channel() as channel:
        inbound.declare(channel)
        channel.confirm_delivery()
        yield lambda _, message: channel.basic_publish("", queue, message, mandatory=True)


@contextmanager
def over_kafka(server: KafkaServer, topic: str) -> Iterator[Callable[[str, bytes], None]]:
    yield lambda order_id, message: server.send(topic, [message], key=order_id)
