"""Web process killed while it creates orders: each acknowledged order is stored, and all stored orders are complete."""

import signal
import time
from random import Random

import pytest

from tests.contract.faults.broker_probe import bound_queue, received_events, require_published
from tests.contract.faults.load import busy, place_pay_and_ship
from tests.contract.faults.service import Service, within
from tests.support.depth import effort
from tests.support.servers.ephemeral import processes
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.shop import DatabaseShop


@pytest.mark.clause("000-05")
def test_killed_web_loses_no_confirmed_order(
    service: Service, core: DatabaseShop, rabbitmq_server: RabbitServer, chance: Random
) -> None:
    promised: dict[str, int] = {}
    with bound_queue(rabbitmq_server, service.exchange) as probe:
        for _ in range(effort(2, 3)):
            with service.serve() as web, busy(service, web, place_pay_and_ship, customers=6) as acknowledged:
                time.sleep(chance.uniform(0.3, 1))
                web.kill()
            assert acknowledged.statuses <= {200, 201}
            assert acknowledged.unanswered > 0
            promised |= acknowledged.versions

        versions = core.versions()  # also checks that no order is incomplete
        assert {
            order_id: version for order_id, version in promised.items() if versions.get(order_id, 0) < version
        } == {}
        within(20, lambda: core.locks() == 0, "a killed relay holds a lock")
        with service.relay():
            within(20, lambda: not core.unsent(), "the outbox is not sent")
        require_published(received_events(rabbitmq_server, probe), versions)
    print(f"{len(promised)} orders promised, {len(versions)} there")


def test_killed_server_ends_its_workers(service: Service) -> None:
    with service.serve("--no-relay") as web:
        orphans = web.process.kill_alone()
        try:
            within(4, lambda: not web.responds(), "a worker without its server answers")
        finally:
            processes.signal_all(orphans, signal.SIGKILL)


def test_killed_worker_is_replaced(service: Service) -> None:
    with service.serve("--workers", "2", "--no-relay") as web:
        before = web.process.children
        victim = before[0]

        processes.signal_all([victim], signal.SIGKILL)

        within(10, lambda: len(set(web.process.children) - {victim}) == 2, "no worker takes its place")
        within(10, web.responds, "the service does not answer")
        assert web.process.runs
        assert "Unexpected exit from worker-" in web.process.output
