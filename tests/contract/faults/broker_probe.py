"""Probe consumer of the broker: all published messages in the order of arrival."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from orders_domain.model.events import USER_NOTIFICATION
from tests.support.servers.rabbitmq import RabbitServer


@dataclass(frozen=True, kw_only=True)
class ReceivedEvent:
    """A received event."""

    id: str
    order_id: str
    version: int


@contextmanager
def bound_queue(
    rabbit: RabbitServer, exchange: str, *, key: str = "#", arguments: Mapping[str, Any] | None = None
) -> Iterator[str]:
    """A durable queue bound to the exchange, for all routing keys or for one."""
    queue = f"{exchange}-probe"
    with rabbit.channel() as channel:
        channel.exchange_declare(exchange, exchange_type="topic", durable=True)
        channel.queue_declare(queue, durable=True, arguments=arguments)
        channel.queue_bind(queue, exchange, key)
    try:
        yield queue
    finally:
        rabbit.delete(queue)


def received_events(rabbit: RabbitServer, queue: str) -> list[ReceivedEvent]:
    """Consume the received events, without those that accompany the change of an order, with its version."""
    return [
        ReceivedEvent(id=body["id"], order_id=body["subject"], version=body["orderversion"])
        for body in consume(rabbit, queue)
        if body["type"] != USER_NOTIFICATION
    ]


def tasks(rabbit: RabbitServer, queue: str) -> list[str]:
    """Consume the received tasks; return their orders."""
    return [body["order_id"] for body in consume(rabbit, queue)]


def waiting(rabbit: RabbitServer, queue: str) -> int:
    """The number of messages in a queue."""
    with rabbit.channel() as channel:
        return int(channel.queue_declare(queue, passive=True).method.message_count)


def consume(rabbit: RabbitServer, queue: str) -> list[dict[str, Any]]:
    """Consume the received messages as they are."""
    bodies: list[dict[str, Any]] = []
    with rabbit.channel() as channel:
        while True:
            method, _, body = channel.basic_get(queue, auto_ack=True)
            if method is None:
                return bodies
            bodies.append(json.loads(body))


def require_published(events: list[ReceivedEvent], versions: dict[str, int]) -> None:
    """Check that each version of each order was published, in order, and that duplicates have the same id."""
    ids: dict[tuple[str, int], set[str]] = defaultdict(set)
    first: dict[str, list[int]] = defaultdict(list)
    for event in events:
        if (event.order_id, event.version) not in ids:
            first[event.order_id].append(event.version)
        ids[event.order_id, event.version].add(event.id)
    assert {order_id: sorted(seen) for order_id, seen in first.items()} == {
        order_id: list(range(1, version + 1)) for order_id, version in versions.items()
    }
    assert [order_id for order_id, seen in first.items() if seen != sorted(seen)] == [], "out of order"
    assert [key for key, event_ids in ids.items() if len(event_ids) != 1] == [], "another id at a redelivery"
    assert len({next(iter(event_ids)) for event_ids in ids.values()}) == len(ids), "one id for two events"
