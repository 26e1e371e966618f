"""Events that the broker rejects: retried with backoff, parked, blocking only their own order, and resent."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from orders_adapters.rabbitmq.event_publisher import RabbitMqEventPublisher
from orders_adapters.system import clock
from orders_domain import OrderStatus
from orders_domain.ports.outbox import OutboxMessage, OutboxState
from orders_domain.use_cases import RelayResult, relay_events
from tests.contract.faults.broker_probe import bound_queue, received_events, require_published, waiting
from tests.contract.faults.service import Service
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.shop import DatabaseShop

REFUSED = 120  # orders; more than `resend --parked` handles at once
PATIENCE = [2, 4, 8, 16, 32, 64, 128, 256, 300]  # seconds between attempts


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


def tried_at(relay: Relay, core: DatabaseShop) -> list[datetime]:
    """Advance the clock to each due time until no event is due; return these times."""
    moments = []
    while relay.step().rejected:
        moments.append(relay.now)
        waiting = [message for message in core.in_state(OutboxState.WAITING) if message.attempts]
        if not waiting:
            return moments
        relay.now = min(message.due_at for message in waiting) - timedelta(microseconds=1)
        assert relay.step() == RelayResult(), "tried before its time"
        relay.now = max(message.due_at for message in waiting)
    return moments


def test_rejected_event_blocks_only_its_order(
    service: Service, core: DatabaseShop, rabbitmq_server: RabbitServer
) -> None:
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
        moments = tried_at(relay, core)

        assert [later - earlier for earlier, later in pairwise(moments)] == [
            pytest.approx(timedelta(seconds=seconds), abs=timedelta(seconds=2)) for seconds in PATIENCE
        ]
        parked = core.in_state(OutboxState.PARKED)
        assert [(message.event.order_id, message.event.version, message.attempts) for message in parked] == [
            (order.id, 1, 10) for order in refused
        ]
        relay.now += timedelta(days=1)
        assert relay.step() == RelayResult()
        early = received_events(rabbitmq_server, probe)
        assert [(message.order_id, message.version) for message in early if message.version == 2] == [
            (str(flowing.id), 2)
        ]
        require_listed(service, parked)

        with rabbitmq_server.channel() as channel:
            channel.queue_delete(service.name)
        assert service.run("outbox", "resend", "--parked") == f"Requeued {REFUSED} events.\n"
        while relay.step() != RelayResult():
            pass
        events = early + received_events(rabbitmq_server, probe)

    assert core.unsent() == []
    require_published(events, {str(order.id): 2 for order in [flowing, *refused]})
    assert waiting(rabbitmq_server, service.name) == REFUSED
    publisher.close()


def require_listed(service: Service, parked: list[OutboxMessage]) -> None:
    """Check that `orders outbox list` shows each event with its attempts and the reason of the broker."""
    listed = service.run("outbox", "list", "--state", "parked", "--limit", "1000").splitlines()
    assert len(listed) == len(parked)
    for message, line in zip(parked, listed, strict=True):
        assert line.startswith("parked    10 ")
        assert str(message.event.id) in line
        assert line.endswith("the broker rejected it")
