"""Broker restart under load: no request fails, and all events arrive in order."""

import time

import pytest

from orders_domain.ports.outbox import OutboxState
from tests.contract.faults.broker_probe import bound_queue, received_events, require_published, tasks
from tests.contract.faults.load import busy, place_pay_and_ship
from tests.contract.faults.service import Service, shop_of, within
from tests.support.servers.ephemeral import ThrowawayRabbit
from tests.support.servers.rabbitmq import RabbitServer


@pytest.mark.deep  # the outage under load ends with a restart, too
@pytest.mark.clause("000-05")
def test_broker_restart_costs_no_publish_attempt(
    on_a_rabbit_to_break: Service, throwaway_rabbit: ThrowawayRabbit
) -> None:
    service, rabbit = on_a_rabbit_to_break, RabbitServer(throwaway_rabbit.url)

    with bound_queue(rabbit, service.exchange) as probe, service.serve() as web, shop_of(service) as core:
        with busy(service, web, place_pay_and_ship, customers=3) as acknowledged:
            for end in (throwaway_rabbit.stop, throwaway_rabbit.kill):
                time.sleep(1)
                end()
                time.sleep(1)
                throwaway_rabbit.start()
            time.sleep(1)
        within(30, lambda: not core.unsent(), "the outbox is not sent")
        events, ordered = received_events(rabbit, probe), tasks(rabbit, service.name)
        versions, attempts = core.versions(), {message.attempts for message in core.in_state(*OutboxState)}

    assert acknowledged.statuses == {200, 201}
    assert acknowledged.unanswered == 0
    assert versions == acknowledged.versions
    require_published(events, versions)
    assert set(ordered) == set(versions)
    assert attempts == {0}
    print(f"{len(versions)} orders; the slowest answer took {acknowledged.slowest:.3f} s")
