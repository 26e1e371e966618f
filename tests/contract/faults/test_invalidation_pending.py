"""Pending cache invalidation: the relay repeats an invalidation that did not reach Redis."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from orders_adapters.rabbitmq.event_publisher import RabbitMqEventPublisher
from orders_adapters.system import clock
from orders_adapters.testing.examples import ADA, only
from orders_domain import Order, OrderStatus
from orders_domain.errors import PublisherUnavailable
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.outbox import OutboxState
from orders_domain.use_cases import ChangeStatus, change_status, relay_events
from tests.contract.faults.broker_probe import bound_queue, received_events, require_published
from tests.contract.faults.service import Service, shop_of, within
from tests.contract.faults.test_refused_events import Relay, fill
from tests.support.servers.ephemeral.server import HOST, free_port
from tests.support.servers.proxy import Proxy
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.shop import DatabaseShop


@pytest.fixture
def network(service: Service) -> Iterator[Proxy]:
    with Proxy.before(service.redis_url) as network:
        yield network


@pytest.fixture
def behind(service: Service, network: Proxy) -> Iterator[DatabaseShop]:
    """A process whose connection to Redis can be cut."""
    with shop_of(service, redis_url=network.through(service.redis_url)) as behind:
        yield behind


@dataclass(frozen=True)
class CutOff:
    """A cache that is unreachable exactly when it is invalidated."""

    cache: OrderCache
    network: Proxy

    def get(self, order_id: UUID) -> Order | None:
        return self.cache.get(order_id)

    def prefetch(self, order_id: UUID | None) -> None:
        self.cache.prefetch(order_id)

    def copies(self) -> Iterator[Sequence[Order]]:
        return self.cache.copies()

    def put(self, order: Order) -> None:
        self.cache.put(order)

    def invalidate(self, versions: Mapping[UUID, int]) -> bool:
        self.network.cut()
        try:
            return self.cache.invalidate(versions)
        finally:
            self.network.restore()


def pay_without_redis(behind: DatabaseShop, network: Proxy, order_id: UUID) -> None:
    """Pay the order while Redis is unreachable."""
    cut_off = CutOff(behind.cache, network)
    changed = change_status(
        ChangeStatus(actor=ADA, order_id=order_id, target=only(OrderStatus.PAID)),
        uow=behind.unit_of_work(),
        cache=cut_off,
        clock=clock.now,
    )
    assert changed.version == 2
    # On a busy machine a connection may time out, and the cache is not asked for a while then.
    within(30, lambda: behind.cache.get(order_id) is not None, "the cache is not reached again")
    cached = behind.cache.get(order_id)
    assert cached is not None
    assert cached.version == 1, "the invalidation reached Redis"


def a_copied_order(core: DatabaseShop) -> UUID:
    order_id = core.place().id
    assert core.get(order_id).version == 1
    return order_id


def test_relay_repeats_lost_invalidations(
    service: Service, core: DatabaseShop, behind: DatabaseShop, network: Proxy, rabbitmq_server: RabbitServer
) -> None:
    order_ids = [a_copied_order(core) for _ in range(20)]
    for order_id in order_ids:
        pay_without_redis(behind, network, order_id)

    with bound_queue(rabbitmq_server, service.exchange) as probe:
        with service.relay():
            within(60, lambda: not core.unsent(), "the relay does not finish")
        events = received_events(rabbitmq_server, probe)

    assert [core.get(order_id).version for order_id in order_ids * 2] == [2] * 40
    require_published(events, {str(order_id): 2 for order_id in order_ids})


def test_relay_cut_off_invalidates_later(
    service: Service, core: DatabaseShop, behind: DatabaseShop, network: Proxy, rabbitmq_server: RabbitServer
) -> None:
    order_id = a_copied_order(core)
    pay_without_redis(behind, network, order_id)
    publisher = RabbitMqEventPublisher(service.rabbitmq_url, queue=service.name, exchange=service.exchange)

    with bound_queue(rabbitmq_server, service.exchange) as probe:
        deaf = CutOff(behind.cache, network)
        assert relay_events(outbox=core.outbox, publisher=publisher, cache=deaf, clock=clock.now).sent == 2
        assert [message.state for message in core.unsent()] == [OutboxState.PUBLISHED] * 2
        publisher.close()
        with service.relay():
            within(60, lambda: not core.unsent(), "the relay does not finish")
        events = received_events(rabbitmq_server, probe)

    assert [core.get(order_id).version for _ in range(2)] == [2, 2]
    assert [event.version for event in events] == [1, 2]


KILLED = """
import os, signal, sys
from uuid import UUID
from orders_domain import Actor, OrderStatus
from orders_domain.model.status import TargetStatus
from orders_domain.use_cases import ChangeStatus
from orders_flask.bootstrap.container import Container
from orders_flask import settings

class Death:
    def invalidate(self, versions):
        os.kill(os.getpid(), signal.SIGKILL)

paid = TargetStatus(OrderStatus.PAID, frozenset({OrderStatus.PAID}))
request = ChangeStatus(actor=Actor(subject="ada"), order_id=UUID(sys.argv[1]), target=paid)
Container(settings=settings.load()).change_status(request, cache=Death())
"""


def change_and_die(service: Service, order_id: UUID) -> None:
    """Pay the order in a process that is killed between the commit and the invalidation."""
    command = [sys.executable, "-c", KILLED, str(order_id)]
    done = subprocess.run(command, env=service.environment, capture_output=True, timeout=30)
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_killed_process_leaves_no_stale_entry(service: Service, core: DatabaseShop) -> None:
    order_id = a_copied_order(core)
    change_and_die(service, order_id)
    assert core.get(order_id).version == 1, "Redis has heard of it after all"

    with service.relay():
        within(20, lambda: core.get(order_id).version == 2, "a stale order is read")

    assert core.get(order_id).version == 2


def test_blocked_event_still_invalidates(
    service: Service, core: DatabaseShop, behind: DatabaseShop, network: Proxy, rabbitmq_server: RabbitServer
) -> None:
    fill(rabbitmq_server, service.name)
    order_id = a_copied_order(core)
    publisher = RabbitMqEventPublisher(service.rabbitmq_url, queue=service.name, exchange=service.exchange)
    relay = Relay(core, publisher)
    for _ in range(3):
        assert relay.step().rejected == 1
        relay.now += timedelta(hours=1)  # the event waits until then
    publisher.close()
    pay_without_redis(behind, network, order_id)

    with service.relay():
        within(20, lambda: core.get(order_id).version == 2, "a stale order is read")


def test_broker_outage_still_invalidates(
    service: Service, core: DatabaseShop, behind: DatabaseShop, network: Proxy
) -> None:
    order_ids = [a_copied_order(core) for _ in range(40)]  # in all shards
    for order_id in order_ids:
        pay_without_redis(behind, network, order_id)

    nobody = RabbitMqEventPublisher(f"amqp://guest:guest@{HOST}:{free_port()}/%2F")
    for _ in range(3):
        with pytest.raises(PublisherUnavailable):
            relay_events(outbox=core.outbox, publisher=nobody, cache=core.cache, clock=clock.now)
    nobody.close()

    assert [order_id for order_id in order_ids if core.get(order_id).version != 2] == []


def test_repeated_change_invalidates(service: Service, core: DatabaseShop) -> None:
    order_id = a_copied_order(core)
    change_and_die(service, order_id)

    assert core.change(order_id, OrderStatus.PAID).version == 2  # acknowledged now

    assert core.get(order_id).version == 2
