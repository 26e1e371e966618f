"""Broker restart under load: no request fails, and all events arrive in order."""

import time

import pytest

from tests.contract.faults import use_cases as cores
from tests.contract.faults.broker_probe import everything_heard, news, require_told, tasks
from tests.contract.faults.load import busy, place_pay_and_ship
from tests.contract.faults.service import Service, within
from tests.support.depth import effort
from tests.support.servers.ephemeral import ThrowawayRabbit
from tests.support.servers.ephemeral.rabbit import DEFINITIONS_WRITTEN
from tests.support.servers.rabbitmq import RabbitServer


@pytest.mark.clause("000-05")
def test_broker_restart_costs_no_publish_attempt(
    on_a_rabbit_to_break: Service, throwaway_rabbit: ThrowawayRabbit
) -> None:
    service, rabbit = on_a_rabbit_to_break, RabbitServer(throwaway_rabbit.url)

    with everything_heard(rabbit, service.exchange) as ear, service.serve() as web, cores.core(service) as core:
        with rabbit.channel() as channel:
            channel.queue_declare(service.name, durable=True)  # as a Celery worker does
        time.sleep(DEFINITIONS_WRITTEN)
        with busy(service, web, place_pay_and_ship, customers=effort(2, 3)) as noted:
            for end in (throwaway_rabbit.stop, throwaway_rabbit.kill)[effort(1, 0) :]:
                time.sleep(1)
                end()
                time.sleep(1)
                throwaway_rabbit.start()
            time.sleep(1)
        within(30, lambda: not core.unsent(), "the outbox is not sent")
        told, asked = news(rabbit, ear), tasks(rabbit, service.name)
        versions, attempts = core.versions(), {one.attempts for one in core.outgoing()}

    assert noted.statuses == {200, 201}
    assert noted.unanswered == 0
    assert versions == noted.versions
    require_told(told, versions)
    assert set(asked) == set(versions)
    assert attempts == {0}
    print(f"{len(versions)} orders; the slowest answer took {noted.slowest:.3f} s")
