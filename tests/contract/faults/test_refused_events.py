"""Events that the broker rejects: retried with backoff, parked, blocking only their own order, and resent."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from orders_adapters.rabbitmq.event_publisher import RabbitMqEventPublisher
from orders_adapters.system import clock
from orders_domain import OrderStatus
from orders_domain.ports.outbox import OutboxMessage, OutboxState
from orders_domain.use_cases import RelayResult, relay_events
from tests.contract.faults.broker_probe import everything_heard, news, require_told, waiting
from tests.contract.faults.service import Service
from tests.contract.faults.use_cases import Core
from tests.support.servers.rabbitmq import RabbitServer

REFUSED = 120  # orders; more than `resend --parked` handles at once
PATIENCE = [2, 4, 8, 16, 32, 64, 128, 256, 300]  # seconds between attempts


class Relay:
    """A relay with an adjustable clock."""

    def __init__(self, core: Core, publisher: RabbitMqEventPublisher) -> None:
        self._core, self._publisher = core, publisher
        self.now = clock.now()

    def turn(self) -> RelayResult:
        return relay_events(
            outbox=self._core.outbox, publisher=self._publisher, cache=self._core.cache, clock=lambda: self.now
        )


def fill(rabbit: RabbitServer, queue: str) -> None:
    """Declare the task queue with a limit of one message, and fill it."""
    with rabbit.channel() as channel:
        channel.queue_delete(queue)
        channel.queue_declare(queue, durable=True, arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
        channel.basic_publish("", queue, b"")


def tried_at(relay: Relay, core: Core) -> list[datetime]:
    """Advance the clock to each due time until no event is due; return these times."""
    moments = []
    while relay.turn().rejected:
        moments.append(relay.now)
        waiting = [one for one in core.outgoing(OutboxState.WAITING) if one.attempts]
        if not waiting:
            return moments
        relay.now = min(one.due_at for one in waiting) - timedelta(microseconds=1)
        assert relay.turn() == RelayResult(), "tried before its time"
        relay.now = max(one.due_at for one in waiting)
    return moments


def test_rejected_event_blocks_only_its_order(service: Service, core: Core, rabbitmq_server: RabbitServer) -> None:
    publisher = RabbitMqEventPublisher(rabbitmq_server.url, queue=service.name, exchange=service.exchange)
    with everything_heard(rabbitmq_server, service.exchange) as ear:
        relay = Relay(core, publisher)
        flowing = core.place()
        relay.now = clock.now()
        assert relay.turn() == RelayResult(sent=1)
        fill(rabbitmq_server, service.name)

        refused = [core.place() for _ in range(REFUSED)]
        for order in [flowing, *refused]:
            core.change(order.id, OrderStatus.PAID)
        relay.now = clock.now()
        moments = tried_at(relay, core)

        assert [later - earlier for earlier, later in pairwise(moments)] == [
            pytest.approx(timedelta(seconds=seconds), abs=timedelta(seconds=2)) for seconds in PATIENCE
        ]
        parked = core.outgoing(OutboxState.PARKED)
        assert [(one.event.order_id, one.event.version, one.attempts) for one in parked] == [
            (order.id, 1, 10) for order in refused
        ]
        relay.now += timedelta(days=1)
        assert relay.turn() == RelayResult()
        early = news(rabbitmq_server, ear)
        assert [(one.order_id, one.version) for one in early if one.version == 2] == [(str(flowing.id), 2)]
        require_listed(service, parked)

        with rabbitmq_server.channel() as channel:
            channel.queue_delete(service.name)
        assert service.run("outbox", "resend", "--parked") == f"{REFUSED} events wait to be sent again.\n"
        while relay.turn() != RelayResult():
            pass
        told = early + news(rabbitmq_server, ear)

    assert core.unsent() == []
    require_told(told, {str(order.id): 2 for order in [flowing, *refused]})
    assert waiting(rabbitmq_server, service.name) == REFUSED
    publisher.close()


def require_listed(service: Service, parked: list[OutboxMessage]) -> None:
    """Check that `orders outbox list` shows each event with its attempts and the reason of the broker."""
    listed = service.run("outbox", "list", "--state", "parked", "--limit", "1000").splitlines()
    assert len(listed) == len(parked)
    for one, line in zip(parked, listed, strict=True):
        assert line.startswith("parked    10 ")
        assert str(one.event.id) in line
        assert line.endswith("the broker could not take it")
