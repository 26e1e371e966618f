"""Probe consumer of the broker: all published messages in the order of arrival."""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.servers.rabbitmq import RabbitServer


@dataclass(frozen=True, kw_only=True)
class News:
    """A received event."""

    id: str
    order_id: str
    version: int


@contextmanager
def everything_heard(rabbit: RabbitServer, exchange: str, *, key: str = "#") -> Iterator[str]:
    """A durable queue bound to the exchange, for all routing keys or for one."""
    ear = f"{exchange}-ear"
    with rabbit.channel() as channel:
        channel.exchange_declare(exchange, exchange_type="topic", durable=True)
        channel.queue_declare(ear, durable=True)
        channel.queue_bind(ear, exchange, key)
    try:
        yield ear
    finally:
        rabbit.delete(ear)


def news(rabbit: RabbitServer, ear: str) -> list[News]:
    """Consume the received events."""
    return [News(id=told["id"], order_id=told["subject"], version=told["orderversion"]) for told in taken(rabbit, ear)]


def tasks(rabbit: RabbitServer, queue: str) -> list[str]:
    """Consume the received tasks; return their orders."""
    return [told["order_id"] for told in taken(rabbit, queue)]


def waiting(rabbit: RabbitServer, queue: str) -> int:
    """The number of messages in a queue."""
    with rabbit.channel() as channel:
        return int(channel.queue_declare(queue, passive=True).method.message_count)


def taken(rabbit: RabbitServer, queue: str) -> list[dict[str, Any]]:
    """Consume the received messages as they are."""
    bodies: list[dict[str, Any]] = []
    with rabbit.channel() as channel:
        while True:
            method, _, body = channel.basic_get(queue, auto_ack=True)
            if method is None:
                return bodies
            bodies.append(json.loads(body))


def require_told(told: list[News], versions: dict[str, int]) -> None:
    """Check that each version of each order was published, in order, and that duplicates have the same id."""
    ids: dict[tuple[str, int], set[str]] = defaultdict(set)
    first: dict[str, list[int]] = defaultdict(list)
    for one in told:
        if (one.order_id, one.version) not in ids:
            first[one.order_id].append(one.version)
        ids[one.order_id, one.version].add(one.id)
    assert {order_id: sorted(seen) for order_id, seen in first.items()} == {
        order_id: list(range(1, version + 1)) for order_id, version in versions.items()
    }
    assert [order_id for order_id, seen in first.items() if seen != sorted(seen)] == [], "out of order"
    assert [key for key, each in ids.items() if len(each) != 1] == [], "another id at a redelivery"
    assert len({next(iter(each)) for each in ids.values()}) == len(ids), "one id for two events"
