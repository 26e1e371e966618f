"""Tracking events: applied in every contract, with user notifications, over RabbitMQ, Kafka and in process."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from orders_adapters.kafka import message_consumer as kafka
from orders_adapters.memory.message_consumer import InMemoryMessageConsumer as InMemory
from orders_adapters.rabbitmq import message_consumer as rabbitmq
from orders_domain import Role
from orders_domain.ports.message_consumer import MessageConsumer
from tests.support.servers.kafka import KafkaServer
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.service_stack import Stack

PATIENCE = 60  # seconds
KAFKA_OPTIONS = "session.timeout.ms=3500 heartbeat.interval.ms=300 log_level=0"


@dataclass(frozen=True, kw_only=True)
class Track:
    """A service and a carrier that publishes tracking events to it."""

    stack: Stack
    consumer: MessageConsumer
    put: Callable[[bytes], object]
    dead: Callable[[], list[tuple[bytes, str]]]

    def publish(self, *messages: dict[str, Any] | bytes) -> None:
        """Publish the events; return when the service has handled all of them."""
        for message in messages:
            self.put(message if isinstance(message, bytes) else json.dumps(message).encode())
        handle, left, deadline = self.stack.container.tracking_handler(), len(messages), time.monotonic() + PATIENCE
        while left:
            left -= self.consumer.poll(handle, timeout=0.5)
            assert time.monotonic() < deadline, f"{left} messages are not taken"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry early events every second."""
    monkeypatch.setattr(rabbitmq, "RETRY_DELAY", 0.2)
    monkeypatch.setattr(kafka, "RETRY_WINDOW", 3.0)


@pytest.fixture(params=["embedded", "rabbitmq", "kafka"])
def track(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Track]:
    made: Callable[[pytest.FixtureRequest], Track] = {
        "embedded": embedded, "rabbitmq": over_rabbitmq, "kafka": over_kafka
    }[request.param]  # fmt: skip
    track = made(request)
    monkeypatch.chdir(track.stack.directory)
    track.stack.relayed()
    yield track
    track.consumer.close()


def embedded(request: pytest.FixtureRequest) -> Track:
    consumer = InMemory()
    stack: Stack = request.getfixturevalue("embedded_stack")
    return Track(stack=stack, consumer=consumer, put=consumer.waiting.append, dead=lambda: consumer.dead_letters)


def over_rabbitmq(request: pytest.FixtureRequest) -> Track:
    server: RabbitServer = request.getfixturevalue("rabbitmq_server")
    stack: Stack = request.getfixturevalue("real_stack")
    queue = stack.settings.tracking_queue
    consumer = stack.container.tracking_events()
    consumer.poll(lambda _: None, timeout=0.1)  # declares the queues

    def put(message: bytes) -> None:
        with server.channel() as channel:
            channel.confirm_delivery()
            channel.basic_publish("", queue, message, mandatory=True)

    def dead() -> list[tuple[bytes, str]]:
        with server.channel() as channel:
            dead_letters: list[Any] = list(
                iter(lambda: channel.basic_get(f"{queue}.dlq", auto_ack=True), (None, None, None))
            )
        return [(body, properties.headers[rabbitmq.REASON]) for _, properties, body in dead_letters]

    return Track(stack=stack, consumer=consumer, put=put, dead=dead)


def over_kafka(request: pytest.FixtureRequest) -> Track:
    server: KafkaServer = request.getfixturevalue("kafka_server")
    topic = server.topic("tracking")
    real: Stack = request.getfixturevalue("real_stack")
    settings = replace(
        real.settings,
        message_broker="kafka",
        kafka_servers=server.servers,
        kafka_options=KAFKA_OPTIONS,
        kafka_group=server.name("group"),
        tracking_topic=topic,
        notifications_topic=server.topic("user-notifications"),
    )
    stack = replace(request.getfixturevalue("build")(settings), broker=real.broker, directory=real.directory)

    def dead() -> list[tuple[bytes, str]]:
        records = server.records(server.make(f"{topic}.dlq"))
        return [(record.value() or b"", server.headers(record)[kafka.REASON]) for record in records]

    return Track(
        stack=stack,
        consumer=stack.container.tracking_events(),
        put=lambda message: server.send(topic, [message], key="one partition"),
        dead=dead,
    )


def event(order: object, status: str, **others: Any) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {"eventId": str(uuid4()), "orderID": order, "status": status, "occurredAt": now} | others


@pytest.mark.clause("003-07", "003-08")
def test_tracking_event_is_applied_once(track: Track) -> None:
    ann = track.stack.caller()
    order = ann.place()
    assert ann.get(order).json["status"] == "PENDING"  # the order is cached now
    shipped = event(order["id"], "in_transit")

    track.publish(shipped, shipped, event(order["id"], "CONFIRMED"), shipped)

    now = ann.get(order).json
    assert (now["status"], now["version"]) == ("SHIPPED", 2)
    published = track.stack.relayed()
    assert published.news_of(order) == [
        "orders.order_placed.v1", "orders.order_status_changed.v1", "orders.user_notification.v1"
    ]  # fmt: skip
    (notification,) = published.notifications
    assert (notification["userID"], notification["type"], notification["status"]) == (
        ann.subject,
        "ORDER_STATUS_CHANGED",
        "shipped",
    )
    assert track.dead() == []


@pytest.mark.clause("003-08")
@pytest.mark.parametrize("track", ["kafka"], indirect=True)
def test_notification_reaches_both_brokers(track: Track, kafka_server: KafkaServer) -> None:
    order = track.stack.caller().place()

    track.publish(event(order["id"], "DELIVERED"))

    on_rabbitmq = track.stack.relayed().notifications
    records = kafka_server.records(track.stack.settings.notifications_topic)
    assert [json.loads(record.value() or b"") for record in records] == on_rabbitmq
    assert [notification["status"] for notification in on_rabbitmq] == ["shipped", "delivered"]
    assert {record.key() for record in records} == {order["id"].encode()}


@pytest.mark.clause("003-07")
def test_tracking_event_may_use_order_number(track: Track) -> None:
    ann, root = track.stack.caller(), track.stack.caller(role=Role.ADMIN)
    ann.place()
    (order,) = root.ask("GET", f"/api/v1/orders/?user_id={ann.subject}").json

    track.publish(event(order["order_id"], "DELIVERED", eventId=f"evt-{ann.subject}-{id(track)}"))

    path = f"/api/v1/orders/{order['order_id']}"
    assert root.ask("GET", path).json["status"] == "delivered"
    history = root.ask("GET", f"{path}/history").json
    assert [(entry["from_status"], entry["to_status"], entry["actor"]) for entry in history[1:]] == [
        ("pending", "shipped", "carrier"),
        ("shipped", "delivered", "carrier"),
    ]


@pytest.mark.clause("003-07")
def test_invalid_tracking_event_is_dead_lettered(track: Track) -> None:
    ann = track.stack.caller()
    order, canceled = ann.place(), ann.place()
    ann.patch(canceled, "CANCELED")
    future = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    bad: list[tuple[bytes | dict[str, Any], str]] = [
        (b"nonsense", "not JSON"),
        (b"\xff\x00", "not JSON"),
        (b"[]", "not a JSON object"),
        ({"status": "SHIPPED"}, "must have the member eventId"),
        (event(None, "SHIPPED"), "must have an order or a shipment"),
        (event(str(uuid4()), "SHIPPED"), "no such order"),
        (event(None, "SHIPPED", shipmentID="unheard of"), "no such order"),
        (event(10**17, "SHIPPED"), "no such order"),
        (event(order["id"], "EATEN"), "must be one of"),
        (event(order["id"], "SHIPPED", occurredAt=future), "future"),
        (event(order["id"], "SHIPPED", eventId="nul\x00"), "NUL"),
        (event(canceled["id"], "SHIPPED"), "CANCELED cannot become SHIPPED"),
    ]

    track.publish(*(message for message, _ in bad), event(order["id"], "CONFIRMED"))

    dead = dict(track.dead())
    assert len(dead) == len(bad)
    for message, expected in bad:
        assert expected in dead[message if isinstance(message, bytes) else json.dumps(message).encode()]
    assert ann.get(order).json["version"] == 2  # the valid event behind them
    assert ann.get(canceled).json["status"] == "CANCELED"


WORDS = {
    "/orders/{}": "SHIPPED",
    "/api/v1/orders/{}": "shipped",
    "/ostore/orders/{}": "shipped",
    "/api/orders/{}": "shipped",
    "/v1/orders/{}": "shipped",
}
"""The status words of a shipped order, by contract."""


@pytest.mark.clause("003-07", "003-08")
def test_failure_after_shipping_notifies_the_user(track: Track) -> None:
    ann = track.stack.caller()
    order = ann.place()
    returned = event(order["id"], "Returned")

    track.publish(event(order["id"], "SHIPPED"), event(order["id"], "FAILED"), returned, returned)

    assert track.dead() == []
    published = track.stack.relayed()
    assert published.news_of(order).count("orders.shipment_changed.v1") == 2
    assert [(sent["status"], sent["message"].partition(" order ")[0]) for sent in published.notifications] == [
        ("shipped", "Your"), ("shipped", "The delivery of your"), ("shipped", "Your")
    ]  # fmt: skip
    assert published.notifications[-1]["message"].endswith("is on its way back to the sender.")
    assert {path: ann.ask("GET", path.format(order["id"])).json["status"] for path in WORDS} == WORDS
