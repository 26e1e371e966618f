"""Consumers of the Python client, ended around the effect of an event and its commit: each event has one effect."""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.contract.client.programs import begin, run
from tests.support.depth import effort
from tests.support.server import Served
from tests.support.servers.kafka import KafkaServer
from tests.support.servers.rabbitmq import RabbitServer

ORDERS = 4
CHANGE = """
import sys
from orders_client import OrdersClient
from orders_client.models import CustomerCreate, ShopOrderCreate, ShopOrderCreateLine

with OrdersClient(sys.argv[1], sys.argv[2]) as client:
    for number in range(int(sys.argv[3])):
        line = ShopOrderCreateLine(title="Tea", quantity=1, unit_price_minor=500)
        customer = CustomerCreate(user_id="ann")
        order = client.shop.place_order(ShopOrderCreate(lines=[line], customer=customer))
        client.shop.confirm_order(order)
"""
CONSUME = """
import json, os, signal, sqlite3, sys
from orders_client import OrdersClient
from orders_client.consuming import EventFeed, SqlInbox, consume
from orders_client.consuming.kafka import KafkaTopic
from orders_client.consuming.rabbitmq import RabbitQueue
from orders_client.events import Event, OrderPlaced

sources = json.loads(sys.argv[1])


class Failed(Exception):
    pass


def source(name):
    if name == "feed":
        return EventFeed(OrdersClient(*sources["feed"]), wait=0, limit=3)
    if name == "rabbitmq":
        return RabbitQueue(sources["rabbitmq"][0], sources["rabbitmq"][1], exchange=sources["rabbitmq"][1])
    group = {"bootstrap.servers": sources["kafka"][0], "group.id": "client", "session.timeout.ms": 6000}
    return KafkaTopic({**group, "log_level": 0}, sources["kafka"][1])


class Inbox(SqlInbox):
    def handle(self, event, handler, *, position):
        handled = super().handle(event, handler, position=position)
        if moment == "after the commit":
            os.kill(os.getpid(), signal.SIGKILL)
        return handled


def handle(event: Event, connection: sqlite3.Connection) -> None:
    if isinstance(event, OrderPlaced):
        assert event.data.lines[0].quantity == 1 and event.data.total_minor == 500
    if moment == "before the effect":
        os.kill(os.getpid(), signal.SIGKILL)
    connection.execute("INSERT INTO effects VALUES (?, ?)", (name, str(event.id)))
    if moment == "after the effect":
        os.kill(os.getpid(), signal.SIGKILL)
    if moment == "error":
        raise Failed


for line in sys.stdin:
    name, _, moment = line.strip().partition(" ")
    if child := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    else:
        status = 0
        try:
            with Inbox(lambda: sqlite3.connect(sys.argv[2]), consumer=name) as inbox:
                consume(source(name), handle, inbox, until_empty=True)
        except Failed:
            status = 3
        os._exit(status)
"""
"""Each line of standard input is a source and the moment at which its consumer ends; its status is printed."""
STATUS = {"error": 3, "after the commit": -9, "before the effect": -9, "after the effect": -9}
NO_EVENTS = (b"5", b"null", b"[1, 2]", b'{"type": ["x"]}', b"{", b"\xff")


@pytest.fixture
def sources(
    tmp_path: Path, rabbitmq_server: RabbitServer, kafka_server: KafkaServer
) -> Iterator[tuple[Served, dict[str, Any]]]:
    """A service that publishes to both brokers, and where its events are."""
    exchange = rabbitmq_server.name("client-events")  # also the name of the consumer's queue
    topic = kafka_server.topic("client-notifications")
    settings = {
        "RABBITMQ_URL": rabbitmq_server.url,
        "EVENTS_EXCHANGE": exchange,
        "NEW_ORDER_QUEUE": "off",
        "KAFKA_BOOTSTRAP_SERVERS": kafka_server.servers,
        "NOTIFICATIONS_TOPIC": topic,
    }
    with Served(tmp_path, **settings) as served:
        yield (
            served,
            {
                "feed": (served.url, served.token("root", "--role", "admin")),
                "rabbitmq": (rabbitmq_server.url, exchange),
                "kafka": (kafka_server.servers, topic),
            },
        )


def test_ended_consumers_have_one_effect_for_each_event(
    sources: tuple[Served, dict[str, Any]], rabbitmq_server: RabbitServer, kafka_server: KafkaServer
) -> None:
    served, places = sources
    database = served.directory / "effects.sqlite"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE effects (source TEXT, event_id TEXT)")
    consumers = begin(CONSUME, json.dumps(places), str(database), here=served.directory)

    def consume(source: str, moment: str = "") -> int:
        assert consumers.stdin
        assert consumers.stdout
        consumers.stdin.write(f"{source} {moment}\n")
        consumers.stdin.flush()
        return int(consumers.stdout.readline())

    def effects() -> Counter[tuple[str, str]]:
        with closing(sqlite3.connect(database)) as connection:
            return Counter(connection.execute("SELECT source, event_id FROM effects").fetchall())

    assert consume("rabbitmq") == 0  # binds the queue
    orders = effort(ORDERS, 100)
    kafka_server.send(places["kafka"][1], NO_EVENTS)
    with rabbitmq_server.channel() as channel:
        for body in NO_EVENTS:
            channel.basic_publish(places["rabbitmq"][1], "orders.none", body)
    run(CHANGE, *places["feed"], str(orders), here=served.directory)
    deadline = time.monotonic() + 30
    while len(kafka_server.records(places["kafka"][1])) < orders + len(NO_EVENTS):
        assert time.monotonic() < deadline, "the notifications were not published"
        time.sleep(0.1)
    for source in ("feed", "rabbitmq", "kafka"):
        # The broker waits for the session of a killed member of a Kafka group; in the short form it only fails.
        moments = tuple(STATUS)[: effort(1, 4)] if source == "kafka" else tuple(STATUS) * effort(1, 10)
        for moment in moments:
            before = effects()
            assert consume(source, moment) == STATUS[moment]
            assert effects() == before or moment == "after the commit"
        assert consume(source) == 0
    consumers.communicate()

    counts = effects()
    assert set(counts.values()) == {1}
    assert Counter(source for source, _ in counts) == {"feed": 2 * orders, "rabbitmq": 3 * orders, "kafka": orders}
