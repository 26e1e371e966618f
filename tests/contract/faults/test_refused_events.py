"""Events that the broker rejects: retried with backoff until it takes them, blocking only their own order."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import update

from orders_adapters.rabbitmq.event_publisher import RabbitMqEventPublisher
from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.system import clock
from orders_domain import OrderStatus
from orders_domain.ports.outbox import OutboxMessage, OutboxState
from orders_domain.use_cases import RelayResult, relay_events
from orders_flask.bootstrap import BrokerComponent, check_broker
from tests.contract.faults.broker_probe import bound_queue, received_events, require_published, waiting
from tests.contract.faults.service import Service
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.shop import DatabaseShop

REFUSED = 20  # orders
PATIENCE = [2, 4, 8, 16, 32, 60, 60]  # seconds between attempts


class Relay:
    """A relay with an adjustable clock."""

    def __init__(self, core: DatabaseShop, publisher: RabbitMqEventPublisher) -> None:
        self._core, self._publisher = core, publisher
        self.now = clock.now()

    def step(self) -> RelayResult:
        return relay_events(
            outbox=self._core.outbox, publisher=self._publisher, cache=self._core.cache, clock=lambda: self.now
        )


def fill(rabbit: RabbitServer, queue: str) -> None:
    """Declare the task queue with a limit of one message, and fill it."""
    with rabbit.channel() as channel:
        channel.queue_delete(queue)
        channel.queue_declare(queue, durable=True, arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
        channel.basic_publish("", queue, b"")


def tried_at(relay: Relay, core: DatabaseShop, times: int) -> list[datetime]:
    """Advance the clock to each due time; return these times."""
    moments: list[datetime] = []
    while len(moments) < times and relay.step().rejected:
        moments.append(relay.now)
        waiting = [message for message in core.in_state(OutboxState.WAITING) if message.attempts]
        relay.now = min(message.due_at for message in waiting) - timedelta(microseconds=1)
        assert relay.step() == RelayResult(), "tried before its time"
        relay.now = max(message.due_at for message in waiting)
    return moments


def test_full_queue_heals_by_itself(service: Service, core: DatabaseShop, rabbitmq_server: RabbitServer) -> None:
    """A task queue that is full for a long time, and then has room: nothing is parked, and nobody has to act."""
    publisher = RabbitMqEventPublisher(rabbitmq_server.url, queue=service.name, exchange=service.exchange)
    with bound_queue(rabbitmq_server, service.exchange) as probe:
        relay = Relay(core, publisher)
        flowing = core.place()
        relay.now = clock.now()
        assert relay.step() == RelayResult(sent=1)
        fill(rabbitmq_server, service.name)

        refused = [core.place() for _ in range(REFUSED)]
        for order in [flowing, *refused]:
            core.change(order.id, OrderStatus.PAID)
        relay.now = clock.now()
        moments = tried_at(relay, core, len(PATIENCE) + 1)

        assert [later - earlier for earlier, later in pairwise(moments)] == [
            pytest.approx(timedelta(seconds=seconds), abs=timedelta(seconds=2)) for seconds in PATIENCE
        ]
        assert core.in_state(OutboxState.PARKED) == []
        early = received_events(rabbitmq_server, probe)
        assert [(message.order_id, message.version) for message in early if message.version == 2] == [
            (str(flowing.id), 2)
        ]
        require_listed(service, [message for message in core.in_state(OutboxState.WAITING) if message.attempts])

        with rabbitmq_server.channel() as channel:
            channel.queue_delete(service.name)
        relay.now += timedelta(minutes=1)
        while relay.step() != RelayResult():
            pass
        events = early + received_events(rabbitmq_server, probe)

    assert core.unsent() == []
    require_published(events, {str(order.id): 2 for order in [flowing, *refused]})
    assert waiting(rabbitmq_server, service.name) == REFUSED
    assert service.name in (publisher.unconsumed_queue() or "")
    publisher.close()


def test_row_without_user_is_parked_alone(service: Service, core: DatabaseShop, rabbitmq_server: RabbitServer) -> None:
    """A row that a newer release or a hand has written: forty other events in all shards are published."""
    publisher = RabbitMqEventPublisher(rabbitmq_server.url, queue=service.name, exchange=service.exchange)
    bad, others = core.place(), [core.place() for _ in range(40)]
    database = engines.create(service.database_url)
    with database.begin() as connection:
        connection.execute(update(tables.outbox).where(tables.outbox.c.order_id == bad.id).values(data={"no": "user"}))
    database.dispose()

    result = Relay(core, publisher).step()

    publisher.close()
    assert (result.sent, result.parked, result.failures) == (len(others), 1, ())
    assert [message.event.order_id for message in core.in_state(OutboxState.PARKED)] == [bad.id]
    assert "user_id" in service.run("outbox", "list", "--state", "parked")
    assert "Events are parked" in (check_broker(BrokerComponent(publisher=publisher), core.outbox) or "")


def require_listed(service: Service, rejected: list[OutboxMessage]) -> None:
    """Check that `orders outbox list` shows each event with its attempts and the reason of the broker."""
    listed = service.run("outbox", "list", "--state", "waiting", "--limit", "1000").splitlines()
    for message in rejected:
        (line,) = [line for line in listed if str(message.event.id) in line]
        assert line.startswith(f"waiting  {message.attempts:3} ")
        assert line.endswith("the broker rejected it")
