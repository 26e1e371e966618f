"""Final content of the stores, read with the drivers and not through the proxies."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pika
import redis
from pika.adapters.blocking_connection import BlockingChannel

from tests.torture.checker.evidence import Message, Stores
from tests.torture.servers import Servers

EXCHANGE, TASKS, TRACKING, PAYMENTS = "orders", "new_order", "tracking_events", "payment_facts"
EVENTS = "torture_events"
DEAD, DEAD_PAYMENTS = f"{TRACKING}.dlq", f"{PAYMENTS}.dlq"
EMPTY = (TRACKING, f"{TRACKING}.retry", PAYMENTS, f"{PAYMENTS}.retry")
_QUERIES = {
    "orders": """SELECT id::text, number, user_id, status, version, total_minor, currency, lines, created_at,
        updated_at, deleted_at, cancellation_reason, shipment_id, cart ->> 'snapshotId' AS snapshot_id,
        captured_minor, refunded_minor, refunding_minor, life -> 'counters' AS counters FROM orders""",
    "history": """SELECT order_id::text, version, kind, at, actor, role, request_id, from_status, to_status, details
        FROM order_history""",
    "items": "SELECT order_id::text, product_id, quantity FROM order_items",
    "products": "SELECT id, stock_quantity FROM products",
    "movements": "SELECT product_id, order_id::text, hold_id::text, kind, quantity FROM stock_movements",
    "outbox": "SELECT event_id::text, order_id::text, version, type, state, last_error FROM outbox",
    "keys": "SELECT subject, key, order_id::text, version FROM idempotency_keys",
    "counters": "SELECT order_id::text, number, quantity, shipped, cancelled, returned, awaited FROM order_lines",
    "facts": "SELECT order_id::text, provider, reference, kind, amount_minor FROM payment_facts",
    "jobs": "SELECT id::text, status FROM jobs",
    "webhook_deliveries": """SELECT endpoint_id::text, message_id::text, order_id::text, version, state
        FROM webhook_deliveries""",
    "reservations": "SELECT order_id::text, state FROM reservations",
}
_UNFINISHED = """SELECT (SELECT count(*) FROM outbox WHERE state <> 'sent')
    + (SELECT count(*) FROM jobs WHERE status IN ('queued', 'running')) AS unfinished"""
_UNDELIVERED = """SELECT (SELECT count(*) FROM webhook_deliveries WHERE state = 'waiting')
    + (SELECT count(*) FROM order_history WHERE EXISTS (SELECT FROM webhook_endpoints))
    - (SELECT count(*) FROM webhook_messages) AS undelivered"""
_LOCKS = """SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


def collect(servers: Servers) -> Stores:
    """Read all stores; the queues are empty afterwards."""
    with servers.connect() as connection:
        rows: dict[str, Any] = {name: connection.execute(query).fetchall() for name, query in _QUERIES.items()}
        inbox = [row["message_id"] for row in connection.execute("SELECT message_id FROM inbox").fetchall()]
    with channel(servers) as broker:
        return Stores(
            **rows,
            inbox=inbox,
            locks=locks(servers),
            events=_messages(broker, EVENTS),
            tasks=_messages(broker, TASKS),
            dead_letters=_messages(broker, DEAD),
            dead_payments=_messages(broker, DEAD_PAYMENTS),
            left={queue: _count(broker, queue) for queue in EMPTY},
        )


def unfinished(servers: Servers) -> int:
    """The number of entries that wait in the outbox, in jobs and in the consumed queues."""
    with servers.connect() as connection, channel(servers) as broker:
        row = connection.execute(_UNFINISHED).fetchone()
        waiting = sum(_count(broker, queue) for queue in EMPTY)
        return int(row["unfinished"] if row else 0) + waiting


def undelivered(servers: Servers) -> int:
    """The number of webhook deliveries that wait, and of events that are not queued, where an endpoint selects all."""
    with servers.connect() as connection:
        row = connection.execute(_UNDELIVERED).fetchone()
        return int(row["undelivered"] if row else 0)


def locks(servers: Servers) -> int:
    """The number of advisory locks held; idle relays hold them for milliseconds."""
    locked = []
    with servers.connect() as connection:
        for _ in range(20):
            row = connection.execute(_LOCKS).fetchone()
            locked.append(int(row["locks"] if row else 0))
    return min(locked)


def forget_the_last_run(servers: Servers) -> None:
    """Delete what earlier runs left on the same servers; a broker that is still starting is empty."""
    with redis.Redis.from_url(servers.redis.url) as client:
        client.flushall()
    if servers.rabbit_started.done():
        with channel(servers) as broker:
            for queue in (EVENTS, TASKS, DEAD, DEAD_PAYMENTS, *EMPTY):
                broker.queue_delete(queue)


def bind_events(servers: Servers) -> None:
    """A durable queue that receives every event."""
    with channel(servers) as broker:
        broker.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
        broker.queue_declare(EVENTS, durable=True)
        broker.queue_bind(EVENTS, EXCHANGE, "orders.#")


def has_consumers(servers: Servers, queue: str) -> bool:
    """Whether the queue exists, and a process consumes it."""
    with channel(servers) as broker:
        try:
            return bool(broker.queue_declare(queue, passive=True).method.consumer_count)
        except pika.exceptions.ChannelClosedByBroker:
            return False


@contextmanager
def channel(servers: Servers) -> Iterator[BlockingChannel]:
    parameters = pika.URLParameters(servers.rabbit.url)
    parameters.socket_timeout, parameters.stack_timeout, parameters.blocked_connection_timeout = 5, 10, 10
    connection = pika.BlockingConnection(parameters)
    try:
        yield connection.channel()
    finally:
        if connection.is_open:
            connection.close()


def _count(broker: BlockingChannel, queue: str) -> int:
    """0 if the queue was never declared."""
    try:
        return int(broker.connection.channel().queue_declare(queue, passive=True).method.message_count)
    except pika.exceptions.ChannelClosedByBroker:
        return 0


def _messages(broker: BlockingChannel, queue: str) -> Sequence[Message]:
    """Take all messages, oldest first."""
    messages: list[Message] = []
    if not _count(broker, queue):
        return messages
    for method, properties, body in broker.consume(queue, auto_ack=True, inactivity_timeout=1):
        if method is None:
            break
        reason = (properties.headers or {}).get("x-dead-letter-reason", "") if properties else ""
        messages.append(Message(body=json.loads(body), reason=str(reason)))
    broker.cancel()
    return messages
