"""An address with several nodes of RabbitMQ: one that is down or silent is passed over."""

from contextlib import closing
from typing import Any

import pytest

from orders_adapters.rabbitmq.event_publisher import RabbitMqEventPublisher
from orders_adapters.rabbitmq.message_consumer import RabbitMqMessageConsumer
from orders_adapters.rabbitmq.nodes import Nodes
from orders_adapters.rabbitmq.topology import ConsumerQueue
from orders_adapters.rabbitmq.unconsumed_queues import unconsumed_queues
from orders_domain.errors import PublisherUnavailable
from tests.contract.test_rabbitmq_publisher import an_event
from tests.support.cases import each_case
from tests.support.servers.ephemeral.server import HOST, free_port
from tests.support.servers.proxy import Proxy
from tests.support.servers.rabbitmq import RabbitServer


def behind(port: int, url: str) -> str:
    """The address whose first node is at this port."""
    credentials, at, hosts = url.rpartition("@")
    return f"{credentials}{at}{HOST}:{port},{hosts}"


def test_node_that_is_down_is_passed_over(rabbitmq_server: RabbitServer) -> None:
    url = behind(free_port(), rabbitmq_server.url)
    queue = ConsumerQueue(queue=rabbitmq_server.queue("nodes"), exchange=rabbitmq_server.name("nodes"))
    with closing(RabbitMqMessageConsumer(url, queue)) as consumer:
        assert not consumer.poll(lambda _: None, timeout=0.01)
        with closing(RabbitMqEventPublisher(url, queue=None, exchange=str(queue.exchange))) as publisher:
            assert publisher.publish([an_event()]) == [None]
        assert consumer.poll(lambda _: "no such order", timeout=5)
    assert len(unconsumed_queues(url, {queue.dead_letter: "read it"})) == 1


def test_silent_node_is_not_the_first_again(rabbitmq_server: RabbitServer) -> None:
    name = rabbitmq_server.name("nodes")
    with Proxy.before(rabbitmq_server.url) as silent:
        silent.hang()
        url = behind(silent.port, rabbitmq_server.url)
        with closing(RabbitMqEventPublisher(url, queue=None, exchange=name, timeout=1)) as publisher:
            with pytest.raises(PublisherUnavailable):
                publisher.publish([an_event()])

            assert publisher.publish([an_event()]) == [None]


@each_case(
    ("url", "expected"),
    [
        ("amqp://rabbit", ["rabbit:5672"]),
        ("amqp://a,b:5673/shop", ["a:5672", "b:5673"]),
        ("amqps://ada:p,w@a,[::1]:5673,c/?heartbeat=5", ["a:5671", "::1:5673", "c:5671"]),
    ],
)
def test_address_has_each_node(url: str, expected: list[str]) -> None:
    tried: list[str] = []

    def refuse(parameters: object) -> None:
        tried.append(f"{parameters.host}:{parameters.port}")  # type: ignore[attr-defined]
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        Nodes(url).connect(refuse, failures=(OSError,))

    assert tried == expected


def test_node_without_name_is_refused() -> None:
    with pytest.raises(ValueError, match="each host between commas must have a name"):
        Nodes("amqp://a,,b")


def test_node_that_two_threads_left_is_left_once() -> None:
    """The console's requests share the nodes: the second thread must not turn back to the node that is down."""
    nodes, tried = Nodes("amqp://down,up"), list[str]()

    def open_connection(parameters: Any) -> str:
        tried.append(parameters.host)
        if tried == ["down"]:  # another thread fails at the same time, and connects to the other node
            nodes.connect(open_connection, failures=(OSError,))
        if parameters.host == "down":
            raise ConnectionRefusedError
        return str(parameters.host)

    assert nodes.connect(open_connection, failures=(OSError,)) == "up"
    assert tried == ["down", "down", "up", "up"]
