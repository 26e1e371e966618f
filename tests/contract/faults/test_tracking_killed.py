"""`orders track` killed repeatedly with kill -9: each event is applied once, and each change notifies its user."""

import json
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from orders_adapters.system import clock
from orders_adapters.testing.examples import new_id
from orders_domain import OrderStatus
from orders_domain.use_cases import place_order
from tests.contract.faults.broker_probe import bound_queue, consume
from tests.contract.faults.service import Service, within
from tests.contract.faults.tracking_events import Carrier, over_kafka, over_rabbitmq
from tests.support.depth import effort
from tests.support.servers.kafka import KafkaServer
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.shop import DatabaseShop, an_order

KILLS = effort(1, 10)
PATIENCE = 60  # seconds


def kill_repeatedly(service: Service, carrier: Carrier) -> None:
    """Kill each worker after it has started to apply an event."""
    with ExitStack() as until:
        with carrier.publishing():
            victim = until.enter_context(service.begin("track"))
            for _ in range(KILLS):
                within(PATIENCE, carrier.more_is_applied, "nothing is applied")
                time.sleep(carrier.chance.uniform(0, 0.3))
                victim.kill()
                victim = until.enter_context(service.begin("track"))
        within(PATIENCE, lambda: carrier.applied() == len(carrier.published), "not all is applied")


def require_consistent(core: DatabaseShop, carrier: Carrier, notifications: list[dict[str, Any]]) -> None:
    """Check that each order has a legal path, and that each step was published under one id."""
    ids: Counter[tuple[int, str]] = Counter()
    for notification_id, number, status in {
        (notification["notificationId"], notification["orderID"], notification["status"])
        for notification in notifications
    }:
        assert notification_id
        ids[number, status] += 1
    for order in carrier.orders:
        history = core.queries.history(order.id)
        steps = [entry.to_status for entry in history[1:]]
        assert steps in (
            [OrderStatus.CONFIRMED, OrderStatus.SHIPPED, OrderStatus.DELIVERED],
            [OrderStatus.SHIPPED, OrderStatus.DELIVERED],
        )
        for step in steps:
            assert ids.pop((order.number or 0, step.value.lower())) == 1
    assert not ids, "told of what did not happen"


def send_everything(service: Service, core: DatabaseShop) -> None:
    with service.relay():
        within(PATIENCE, lambda: not core.unsent(), "the outbox is not sent")


@pytest.mark.clause("003-07", "003-08")
def test_killed_rabbitmq_consumer_applies_once(
    service: Service, core: DatabaseShop, rabbitmq_server: RabbitServer, chance: Random
) -> None:
    queue = rabbitmq_server.queue("tracking")
    service = replace(service, more={"TRACKING_QUEUE": queue})

    with bound_queue(rabbitmq_server, service.exchange, key="user-notifications") as probe:
        with over_rabbitmq(rabbitmq_server, queue) as put:
            carrier = Carrier(core, chance, put)
            kill_repeatedly(service, carrier)
        send_everything(service, core)
        notifications = consume(rabbitmq_server, probe)

    require_consistent(core, carrier, notifications)
    with rabbitmq_server.channel() as channel:
        assert channel.queue_declare(f"{queue}.dlq", passive=True).method.message_count == 0
    print(f"{len(carrier.orders)} orders, {len(carrier.published)} events, {len(notifications)} notifications")


@pytest.mark.deep  # the broker waits for the session of the killed consumer; its port has a short form
@pytest.mark.clause("003-07", "003-08")
def test_killed_kafka_consumer_applies_once(
    service: Service, core: DatabaseShop, kafka_server: KafkaServer, chance: Random
) -> None:
    topic, notices = kafka_server.topic("tracking"), kafka_server.topic("notices")
    service = replace(
        service,
        more={
            "MESSAGE_BROKER": "kafka",
            "KAFKA_BOOTSTRAP_SERVERS": kafka_server.servers,
            "KAFKA_OPTIONS": "session.timeout.ms=3500 heartbeat.interval.ms=300 log_level=0",
            "TRACKING_TOPIC": topic,
            "NOTIFICATIONS_TOPIC": notices,
        },
    )

    with over_kafka(kafka_server, topic) as put:
        carrier = Carrier(core, chance, put)
        kill_repeatedly(service, carrier)
    send_everything(service, core)

    notifications = [json.loads(record.value() or b"") for record in kafka_server.records(notices)]
    require_consistent(core, carrier, notifications)
    assert kafka_server.records(kafka_server.make(f"{topic}.dlq")) == []
    print(f"{len(carrier.orders)} orders, {len(carrier.published)} events, {len(notifications)} notifications")


@pytest.mark.clause("003-07")
def test_early_event_survives_killed_consumer(
    service: Service, core: DatabaseShop, rabbitmq_server: RabbitServer
) -> None:
    queue, order_id = rabbitmq_server.queue("tracking"), new_id()
    service = replace(service, more={"TRACKING_QUEUE": queue})
    shipped = {"eventId": "1", "orderID": str(order_id), "status": "SHIPPED", "occurredAt": clock.now().isoformat()}
    with over_rabbitmq(rabbitmq_server, queue) as put:
        put("", json.dumps(shipped).encode())

    with service.begin("track") as track:
        track.wait_until_logged("order_not_found")
        time.sleep(0.5)
        track.kill()
    place_order(an_order(), uow=core.unit_of_work(), clock=clock.now, new_id=lambda: order_id)
    with service.begin("track"):
        within(PATIENCE, lambda: core.get(order_id).status is OrderStatus.SHIPPED, "the event is lost")

    with rabbitmq_server.channel() as channel:
        assert channel.queue_declare(f"{queue}.dlq", passive=True).method.message_count == 0


def test_event_waits_during_database_outage(
    service: Service, core: DatabaseShop, rabbitmq_server: RabbitServer, chance: Random
) -> None:
    queue = rabbitmq_server.queue("tracking")
    service = replace(service, more={"TRACKING_QUEUE": queue})
    with over_rabbitmq(rabbitmq_server, queue) as put:
        carrier = Carrier(core, chance, put)
        carrier.publish_another()
    with core.engine.begin() as connection:
        connection.execute(text("ALTER TABLE inbox RENAME TO inbox_away"))

    with service.begin("track") as track:
        track.wait_until_logged("worker.paused")
        time.sleep(2)
        with core.engine.begin() as connection:
            connection.execute(text("ALTER TABLE inbox_away RENAME TO inbox"))
        within(PATIENCE, lambda: carrier.applied() == 3, "what waited is not applied")

    (order,) = carrier.orders
    assert core.queries.get(order.id).status is OrderStatus.DELIVERED
    with rabbitmq_server.channel() as channel:
        assert channel.queue_declare(f"{queue}.dlq", passive=True).method.message_count == 0
