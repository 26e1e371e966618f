"""Sources of the Python client: old, unknown and invalid events, messages that are none, lost connections, restores."""

from pathlib import Path

from tests.contract.client.programs import run

SOURCES = """
import json, socket, threading
from types import SimpleNamespace

import httpx
from confluent_kafka import Message
from pika.adapters.utils.connection_workflow import AMQPConnectorStackTimeout
from pika.exceptions import AMQPConnectionError

from orders_client import Conflict, OrdersClient
from orders_client.consuming import EventFeed, NotAnEvent, consume, feed, kafka, rabbitmq

ID = "01969f3c-6a52-7d31-9c1e-5a0f6b7c8d9e"
DATA = {
    "order_id": ID, "user_id": None, "status": "PENDING", "previous_status": None, "total_minor": 5, "currency": "EUR"
}
OLD = {
    "specversion": "1.0", "id": ID, "source": "/orders", "type": "orders.order_placed.v1", "subject": ID,
    "time": "2026-11-28T09:00:00Z", "datacontenttype": "application/json", "orderversion": 1, "data": DATA,
}
CANCELED = DATA | {"status": "CANCELED", "previous_status": "PENDING"}
EARLIER = [OLD, OLD | {"type": "orders.order_canceled.v1", "orderversion": 2, "data": CANCELED}]
INVALID = OLD | {"data": {}}
UNKNOWN = OLD | {"type": "orders.later.v1"}
NO_EVENTS = [
    b"5", b"null", b"[1, 2]", b'{"type": ["x"]}', b'{"type": ["x"], "specversion": "1.0"}', b"{", b"\\xff", b"",
    b"[" * 100_000, b"1" * 5_000, b'{"specversion": "1.0"}', b'{"type": "orders.order_placed.v1", "payload": {}}',
]


class Inbox:
    def __init__(self, position=None):
        self.types, self._position = [], position

    def position(self):
        return self._position

    def handle(self, event, handler, *, position):
        self.types += [event.TYPE] if event else []
        return event is not None


def handled(source, **options):
    inbox = Inbox()
    consume(source, None, inbox, until_empty=True, **options)
    return inbox.types


def fails(error, call, *arguments, **options):
    try:
        call(*arguments, **options)
    except error as caught:
        assert not isinstance(caught, NotAnEvent)
        return caught
    raise AssertionError(f"{error} was not raised")


def bodies(*events):
    return [json.dumps(event).encode() for event in events]


TYPES = [event["type"] for event in EARLIER]

# Kafka


class Consumer:
    records, stored = [], []

    def __init__(self, configuration):
        end = Message(topic="t", partition=0, error=kafka.KafkaError(kafka.KafkaError._PARTITION_EOF))
        self.left = [*self.records, end]

    def subscribe(self, topics): ...

    def close(self): ...

    def poll(self, seconds):
        return self.left.pop(0) if self.left else None

    def assignment(self):
        return [SimpleNamespace(partition=0)]

    def store_offsets(self, record):
        self.stored.append(record.value())


def records(*values, headers=None):
    Consumer.stored.clear()
    Consumer.records[:] = [
        Message(topic="t", partition=0, offset=place, value=value, headers=headers)
        for place, value in enumerate(values)
    ]
    return kafka.KafkaTopic({}, "t")


kafka.Consumer = Consumer
good = bodies(*EARLIER, UNKNOWN)
assert handled(records(*NO_EVENTS, *good)) == TYPES
assert Consumer.stored == [*NO_EVENTS, *good]
assert fails(ValueError, handled, records(*bodies(INVALID), *good)) and Consumer.stored == []
assert handled(records(b"{}", headers=[("ce_specversion", b"1.0"), ("ce_type", None)])) == []

# RabbitMQ


class Channel:
    def __init__(self, *bodies):
        self.bodies, self.done = bodies, []

    def __getattr__(self, name):
        return lambda *arguments, **options: self.done.append(name)

    def consume(self, queue, inactivity_timeout):
        for body in self.bodies:
            yield SimpleNamespace(delivery_tag=1), None, body
        yield None, None, None


class Broken:
    def channel(self):
        raise AMQPConnectionError("lost")

    def close(self):
        raise AMQPConnectionError("closed")


attempts = []


def queue(connect, **options):
    def counted(parameters):
        attempts.append(parameters)
        return connect()

    attempts.clear()
    rabbitmq.pika = SimpleNamespace(BlockingConnection=counted, URLParameters=str)
    return rabbitmq.RabbitQueue("amqp://broker", "q", **options)


def unreachable(error):
    def connect():
        raise error

    return connect


rabbitmq.IDLE_SECONDS = 0.02
channel = Channel(*NO_EVENTS, *good)
connection = SimpleNamespace(channel=lambda: channel, close=lambda: None)
assert handled(queue(lambda: connection)) == TYPES
assert [channel.done.count(name) for name in ("basic_reject", "basic_ack")] == [len(NO_EVENTS), 3]
channel = Channel(*bodies(INVALID), *good)
assert fails(ValueError, handled, queue(lambda: connection))
assert not {"basic_reject", "basic_ack"} & set(channel.done)

errors = [socket.gaierror("no name"), AMQPConnectorStackTimeout("slow"), AMQPConnectionError("refused")]
for connect in [*map(unreachable, errors), Broken]:
    fails((OSError, AMQPConnectorStackTimeout, AMQPConnectionError), handled, queue(connect, retry_seconds=0.1))
    assert len(attempts) > 1, connect
    stop = threading.Event()

    def connect_and_stop():
        stop.set()
        return connect()

    assert handled(queue(connect_and_stop), stop=stop) == [] and len(attempts) == 1

# Feed

asked, slept, page = [], [], []


def answer(request):
    asked.append(request.url.params.get("after"))
    if asked[-1] == "old":
        return httpx.Response(409, json={"code": "cursor_expired"})
    return httpx.Response(200, json={"data": page if asked[-1] in {None, "latest"} else [], "next_cursor": "new"})


feed.time = SimpleNamespace(monotonic=lambda: 0.0, sleep=slept.append)
client = OrdersClient("http://shop", "token", transport=httpx.MockTransport(answer))
page[:] = [*EARLIER, UNKNOWN]
assert handled(EventFeed(client)) == TYPES
inbox = Inbox("old")
asked.clear()
assert consume(EventFeed(client), None, inbox, until_empty=True) == 2 and asked == ["old", None, "new"]
for start in ("latest", "old"):
    source = EventFeed(client, start=start)
    assert fails(Conflict, consume, source, None, Inbox("old"), until_empty=True).code == "cursor_expired"
page[:] = [INVALID]
assert fails(ValueError, handled, EventFeed(client))
page[:] = []
deliveries = EventFeed(client, wait=0).deliveries("new")
assert [next(deliveries) for _ in range(3)] == [None, None, None] and slept == [feed.PAUSE] * 2
print("done")
"""


def test_sources_pass_over_what_is_no_event_and_lose_none(tmp_path: Path) -> None:
    assert run(SOURCES, here=tmp_path) == "done\n"
