"""Relays killed with kill -9: no event lost, none of a rollback, in order per order, with a stable id."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import text

from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.system import clock
from orders_adapters.testing.examples import new_id
from orders_domain import Actor, Order, OrderStatus
from orders_domain.errors import StoreContention
from orders_domain.ports.outbox import OutboxState
from orders_domain.use_cases import place_order
from tests.contract.faults.broker_probe import bound_queue, received_events, require_published, tasks, waiting
from tests.contract.faults.service import Process, Service, within
from tests.support.depth import effort
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.shop import DatabaseShop, an_order

KILLS = effort(2, 20)
SECONDS = effort(1.0, 3.0)  # of writes while relays run without a kill
DOOMED = Actor(subject="doomed")
LIFE = (OrderStatus.PAID, OrderStatus.SHIPPED)  # the owner's transitions of an order of `orders`


class RollBack(Exception):
    """Raised by a test between the last write and the commit."""


class RollingBackUnitOfWork(SqlUnitOfWork):
    """A unit of work that rolls back after the last write."""

    def commit(self) -> None:
        raise RollBack


class Writers:
    """Threads that place and change orders, including some that roll back."""

    def __init__(self, core: DatabaseShop, seed: int) -> None:
        self._core, self._seed = core, seed
        self._enough = threading.Event()
        self.acknowledged: dict[str, int] = {}
        self.undone: list[str] = []

    @contextmanager
    def writing(self, threads: int = 3) -> Iterator[None]:
        with ThreadPoolExecutor(threads) as pool:
            written = [pool.submit(self._write, Random(self._seed + n)) for n in range(threads)]
            try:
                yield
            finally:
                self._enough.set()
        for future in written:
            future.result()

    def _write(self, chance: Random) -> None:
        pending: list[tuple[UUID, int]] = []
        while not self._enough.wait(chance.uniform(0, 0.03)):
            order = self._core.place()
            self._acknowledge(order)
            pending.append((order.id, 0))
            self._change_some(pending, chance)
            self._write_without_commit(chance)

    def _change_some(self, pending: list[tuple[UUID, int]], chance: Random) -> None:
        for _ in range(2):
            order_id, step = pending.pop(chance.randrange(len(pending)))
            self._acknowledge(self._core.change(order_id, LIFE[step]))
            if step + 1 < len(LIFE):
                pending.append((order_id, step + 1))
            if not pending:
                return

    def _acknowledge(self, order: Order) -> None:
        self.acknowledged[str(order.id)] = order.version

    def _write_without_commit(self, chance: Random) -> None:
        whim = chance.random()
        if whim < 0.25:
            self._roll_back()
        elif whim < 0.5:
            self._fail_to_commit()

    def _roll_back(self) -> None:
        with pytest.raises(RollBack):
            place_order(
                an_order(), uow=RollingBackUnitOfWork(self._core.engine), clock=clock.now, new_id=self._rolled_back_id
            )

    def _fail_to_commit(self) -> None:
        with pytest.raises(StoreContention):
            place_order(
                an_order(by=DOOMED), uow=self._core.unit_of_work(), clock=clock.now, new_id=self._rolled_back_id
            )

    def _rolled_back_id(self) -> UUID:
        order_id = new_id()
        self.undone.append(str(order_id))
        return order_id


def doom(core: DatabaseShop) -> None:
    """Let the database reject every commit of an order of `DOOMED`."""
    with core.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION doom() RETURNS trigger LANGUAGE plpgsql "
            "AS $$ BEGIN RAISE 'doomed' USING ERRCODE = 'serialization_failure'; END $$"
        )
        connection.exec_driver_sql(
            "CREATE CONSTRAINT TRIGGER doom AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW WHEN (NEW.user_id = '{DOOMED.subject}') EXECUTE FUNCTION doom()"
        )


@pytest.mark.clause("000-05")
@pytest.mark.clause("000-21")
@pytest.mark.parametrize("relays", [pytest.param(1, marks=pytest.mark.deep), 2])
def test_killed_relays_lose_no_event(
    service: Service, core: DatabaseShop, rabbitmq_server: RabbitServer, chance: Random, relays: int
) -> None:
    doom(core)
    writers = Writers(core, seed=chance.randrange(2**32))

    with bound_queue(rabbitmq_server, service.exchange) as probe:
        with ExitStack() as until, writers.writing():
            running = [until.enter_context(service.begin("relay")) for _ in range(relays)]
            for _ in range(KILLS):
                victim = running.pop(chance.randrange(relays))
                victim.wait_until_logged("Relaying")
                time.sleep(chance.uniform(0, 0.4))
                victim.kill()
                running.append(until.enter_context(service.begin("relay")))
            for relay in running:
                until.callback(relay.kill)
        with service.relay():
            within(30, lambda: not core.unsent(), "the outbox is not sent")
        events, ordered = received_events(rabbitmq_server, probe), tasks(rabbitmq_server, service.name)

    versions = core.versions()
    assert versions == writers.acknowledged
    assert writers.undone
    assert not set(writers.undone) & ({event.order_id for event in events} | set(ordered))
    require_published(events, versions)
    assert set(ordered) == set(versions)
    assert {message.attempts for message in core.in_state(*OutboxState)} == {0}
    published = sum(versions.values())
    print(f"{len(versions)} orders, {published} events, {len(events) - published} published again")


def test_concurrent_relays_publish_once(
    service: Service, core: DatabaseShop, rabbitmq_server: RabbitServer, chance: Random
) -> None:
    doom(core)
    writers = Writers(core, seed=chance.randrange(2**32))

    with bound_queue(rabbitmq_server, service.exchange) as probe, ExitStack() as until:
        for relay in [until.enter_context(service.begin("relay")) for _ in range(3)]:
            relay.wait_until_logged("Relaying")
        with writers.writing():
            time.sleep(SECONDS)
        within(20, lambda: not core.unsent(), "the outbox is not sent")
        events = received_events(rabbitmq_server, probe)

    require_published(events, core.versions())
    assert len(events) == sum(writers.acknowledged.values())


def test_relay_killed_after_confirm_republishes(
    service: Service, core: DatabaseShop, rabbitmq_server: RabbitServer
) -> None:
    order = core.place()
    with bound_queue(rabbitmq_server, service.exchange) as probe:
        with service.begin("relay") as relay:
            _kill_before_it_records(relay, core, rabbitmq_server, probe)
        within(20, lambda: core.locks() == 0, "the dead relay's lock is not given back")
        with service.relay():
            within(20, lambda: not core.unsent(), "the next relay does not send")
        events = received_events(rabbitmq_server, probe)

    require_published(events, {str(order.id): 1})
    assert len(events) == 2
    assert tasks(rabbitmq_server, service.name) == [str(order.id)] * 2


@pytest.mark.parametrize("options", [pytest.param([], marks=pytest.mark.deep), ["--workers", "2"]])
def test_stopped_service_records_published_events(
    service: Service, core: DatabaseShop, rabbitmq_server: RabbitServer, options: list[str]
) -> None:
    with bound_queue(rabbitmq_server, service.exchange) as probe:
        with service.serve(*options) as web, core.engine.connect() as holding:
            order = core.place()
            holding.execute(text("SELECT 1 FROM outbox FOR UPDATE"))
            within(20, lambda: waiting(rabbitmq_server, probe) == 1, "the service does not publish")
            web.process.terminate()
            time.sleep(1)  # in which the service would have ended otherwise
            holding.rollback()
            within(20, lambda: not web.process.runs, "the service does not end")
        assert not core.unsent()
        events = received_events(rabbitmq_server, probe)

    require_published(events, {str(order.id): 1})
    assert len(events) == 1


def _kill_before_it_records(relay: Process, core: DatabaseShop, rabbit: RabbitServer, probe: str) -> None:
    with core.engine.connect() as holding:
        holding.execute(text("SELECT 1 FROM outbox FOR UPDATE"))
        within(20, lambda: waiting(rabbit, probe) == 1, "the relay does not publish")
        assert core.locks() == 1
        relay.kill()


def test_idle_relay_killed_releases_locks(service: Service, core: DatabaseShop) -> None:
    with service.relay() as relay:
        core.place()
        within(20, lambda: not core.unsent(), "the relay does not send")
        relay.kill()

    within(20, lambda: core.locks() == 0, "a lock stays")
