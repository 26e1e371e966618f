"""RabbitMQ of three nodes, of which one is killed while orders are placed: no event is lost or out of order."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from random import Random

import pytest

from orders_adapters.rabbitmq.topology import QUORUM
from tests.contract.faults.broker_probe import bound_queue, received_events, require_published, tasks, waiting
from tests.contract.faults.clusters.buyers import buying, stock
from tests.contract.faults.service import Service, within
from tests.contract.faults.tracking_events import Carrier, over_rabbitmq
from tests.support.report import for_want_of
from tests.support.servers.discovery import Unavailable
from tests.support.servers.ephemeral import ThrowawayRabbit
from tests.support.servers.ephemeral.server import HOST
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.shop import DatabaseShop

pytestmark = pytest.mark.deep  # the kill of a single RabbitMQ is in a short run too

SENDING_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Three nodes; the service connects to the first one that answers, and the third one is never killed."""

    first: ThrowawayRabbit
    second: ThrowawayRabbit
    third: ThrowawayRabbit

    @property
    def url(self) -> str:
        hosts = ",".join(f"{HOST}:{node.port}" for node in (self.first, self.second, self.third))
        return f"amqp://guest:guest@{hosts}/%2F"

    def is_complete(self) -> bool:
        """Return whether each quorum queue has three running members. RabbitMQ leaves out one that starts too late,
        and such a queue waits for the return of either of the others."""
        queues = json.loads(self.third.control("list_queues", "name", "online", "--formatter", "json"))
        return bool(queues) and all(len(queue["online"]) == 3 for queue in queues)

    @contextmanager
    def described(self) -> Iterator[None]:
        """Add the state of the queues, and the last lines of the third node's log, to a failure."""
        try:
            yield
        except AssertionError as error:
            error.add_note(
                self.third.control("list_queues", "name", "leader", "online", "members", "messages", "state")
            )
            for log in (self.third.directory / "log").glob("*.log"):
                error.add_note(log.read_text()[-5000:])
            raise


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    try:
        with ExitStack() as stack:
            first = stack.enter_context(ThrowawayRabbit())
            others = [ThrowawayRabbit(joins=first) for _ in range(2)]
            with ThreadPoolExecutor(2) as threads:  # because a start takes long
                started = [threads.submit(stack.enter_context, other) for other in others]
            second, third = (start.result() for start in started)
            yield Cluster(first=first, second=second, third=third)
    except Unavailable as why:
        for_want_of("a cluster of RabbitMQ to break", why=str(why))


@pytest.mark.parametrize("of", ["the queues", "the relay"])
def test_killed_node_loses_no_event(
    service: Service, core: DatabaseShop, cluster: Cluster, chance: Random, of: str
) -> None:
    """The queues are led by the second node, because a quorum queue is led by the node that declares it."""
    leading, surviving = RabbitServer(cluster.second.url), RabbitServer(cluster.third.url)
    victim = cluster.second if of == "the queues" else cluster.first
    tracking = f"{service.name}-tracking"
    more = {"TRACKING_QUEUE": tracking, "RABBITMQ_QUEUE_TYPE": "quorum"}
    service = replace(service, rabbitmq_url=cluster.url, more=more)
    stock(service)
    with over_rabbitmq(leading, tracking):
        pass  # declares the queue
    with (
        ExitStack() as stack,
        bound_queue(leading, service.exchange, key="orders.#", arguments=QUORUM) as probe,
        over_rabbitmq(surviving, tracking) as put,
        service.serve("--workers", "2") as web,
        service.begin("track") as track,
    ):
        carrier = Carrier(core, chance, put)
        with carrier.publishing(), buying(service, web, buyers=2) as purchases:
            within(20, carrier.more_is_applied, "nothing is applied")
            within(SENDING_SECONDS, cluster.is_complete, "not every queue has three running members")
            victim.kill()
            with cluster.described():
                pause = seconds_until_more_arrives(surviving, probe)
            within(20, carrier.more_is_applied, "nothing is applied after the kill")
            track.kill()
            carrier.more_is_applied()
            stack.enter_context(service.begin("track"))  # it declares its queues without the node
            within(20, carrier.more_is_applied, "a new consumer applies nothing")
            victim.start()
            within(20, carrier.more_is_applied, "nothing is applied after the return")
        within(SENDING_SECONDS, lambda: carrier.applied() == len(carrier.published), "not all is applied")
        within(SENDING_SECONDS, lambda: not core.unsent(), "the outbox is not sent")
        versions = {str(order): version for order, version in core._rows("SELECT id, version FROM orders")}
        require_published(received_events(surviving, probe), versions)
        assert set(tasks(surviving, service.name)) == versions.keys()
    assert not purchases.others
    print(f"{len(versions)} orders; the next event arrived {pause:.1f} s after the kill")


def seconds_until_more_arrives(rabbit: RabbitServer, queue: str) -> float:
    killed = time.monotonic()
    before = waiting(rabbit, queue)
    within(SENDING_SECONDS, lambda: waiting(rabbit, queue) > before, "no event arrives")
    return time.monotonic() - killed
