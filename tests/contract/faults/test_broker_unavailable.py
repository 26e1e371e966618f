"""Broker outage under load: no request fails, and all events are published afterwards."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import insert, select

from orders_adapters.sql import tables
from orders_adapters.testing.examples import NOON
from orders_domain.ports.outbox import OutboxState
from tests.contract.faults.broker_probe import bound_queue, received_events, require_published, tasks
from tests.contract.faults.load import Answer, Customer
from tests.contract.faults.service import Service, Web, shop_of, within
from tests.contract.http.checkout.carts import another, cart
from tests.support.depth import deep, effort
from tests.support.servers.ephemeral import ThrowawayRabbit
from tests.support.servers.ephemeral.server import HOST, free_port
from tests.support.servers.proxy import Proxy
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.shop import DatabaseShop

ORDERS = effort(100, 1_000)
AWAY = effort(3.0, 60.0)  # seconds
CUSTOMERS = 4


def place_many(service: Service, web: Web, who: int) -> list[Answer]:
    """Place a customer's share of the carts, each with its own key and twice, spread over the outage."""
    customer, responses = Customer(service, web, f"customer-{who}"), []
    began = time.monotonic()
    for number in range(ORDERS // CUSTOMERS):
        body = {"cartSnapshot": another(cart(f"customer-{who}"))}
        responses += [customer.post_with_key("/api/orders", body, key=f"{number}") for _ in range(2)]
        time.sleep(max(0.0, began + number * AWAY * CUSTOMERS / ORDERS - time.monotonic()))
    customer.close()
    return responses


@dataclass(frozen=True, kw_only=True)
class Broker:
    """RabbitMQ as the service sees it, and how it is taken away and given back."""

    server: RabbitServer
    url: str
    stop: Callable[[], object]
    start: Callable[[], object]


@pytest.fixture
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """A broker that stops; in a short run, because that takes 15 s of CPU, the connection to the usual one.

    The restart of a broker is in a short run that of ``test_rabbitmq_broken``.
    """
    if deep():
        rabbit: ThrowawayRabbit = request.getfixturevalue("throwaway_rabbit")
        yield Broker(server=RabbitServer(rabbit.url), url=rabbit.url, stop=rabbit.stop, start=rabbit.start)
        return
    server: RabbitServer = request.getfixturevalue("rabbitmq_server")
    with Proxy.before(server.url) as network:
        yield Broker(server=server, url=network.through(server.url), stop=network.cut, start=network.restore)


@pytest.mark.clause("000-05", "004-11", "004-13")
@pytest.mark.timeout(600)
def test_broker_outage_delays_events_only(service: Service, broker: Broker) -> None:
    service, rabbit = replace(service, rabbitmq_url=broker.url), broker.server

    with bound_queue(rabbit, service.exchange) as probe, service.serve() as web, shop_of(service) as core:
        broker.stop()
        began = time.monotonic()
        with ThreadPoolExecutor(CUSTOMERS) as threads:
            shares = list(threads.map(partial(place_many, service, web), range(CUSTOMERS)))
        time.sleep(max(0.0, began + AWAY - time.monotonic()))
        broker.start()
        within(60, lambda: not core.unsent(), "the outbox is not sent")
        versions, attempts = core.versions(), {message.attempts for message in core.in_state(*OutboxState)}
        events, ordered = received_events(rabbit, probe), tasks(rabbit, service.name)

    responses = [response for share in shares for response in share]
    assert Counter(response.status for response in responses) == {201: ORDERS, 200: ORDERS}
    assert sum(response.headers.get("x-idempotent-replay") == "true" for response in responses) == ORDERS
    assert versions == {response.body["orderId"]: 1 for response in responses}
    assert len(versions) == len({event.id for event in events}) == len(set(ordered)) == ORDERS
    require_published(events, versions)
    assert attempts == {0}  # an outage is not the fault of an event
    print(f"{ORDERS} orders; the slowest answer took {max(response.seconds for response in responses):.3f} s")


@pytest.mark.parametrize("command", ["serve", "relay"])
def test_purge_does_not_wait_for_the_broker(service: Service, core: DatabaseShop, command: str) -> None:
    core.place()
    with core.engine.begin() as connection:
        connection.execute(insert(tables.inbox), {"scope": "x", "message_id": "old", "at": NOON - timedelta(days=365)})

    def purged() -> bool:
        with core.engine.connect() as connection:
            return connection.scalar(select(tables.inbox.c.message_id)) is None

    with getattr(replace(service, rabbitmq_url=f"amqp://guest:guest@{HOST}:{free_port()}/%2F"), command)():
        within(20, purged, "expired data is not deleted")

    assert len(core.unsent()) == 1
