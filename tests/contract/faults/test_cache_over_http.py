"""Readers and writers on two web processes: each read returns at least the acknowledged version."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from tests.contract.faults.load import Acknowledged, Customer, busy
from tests.contract.faults.service import Service
from tests.support.depth import effort
from tests.support.servers.proxy import Proxy

SECONDS = effort(1.0, 5.0)
REDIS_SECONDS = 0.1
"""The time limit of a call of Redis. A change that took longer on a busy machine may have passed it."""
STALE_SECONDS = 2.5
"""After which every process reads such an order as it is, because the relay has repeated the invalidation (0034)."""
ENOUGH = 50  # reads, for which a busy machine may need longer


class Board:
    """The orders that all customers read, and the acknowledged version of each."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._lock = threading.Lock()
        self._versions: dict[str, int] = {}
        self.stale: list[str] = []
        self.reads = 0

    def acknowledged(self, order_id: str, version: int) -> None:
        with self._lock:
            self._versions[order_id] = version

    def finished(self, order_id: str) -> None:
        with self._lock:
            del self._versions[order_id]

    def look(self, customer: Customer, acknowledged: Acknowledged) -> None:
        """Read every order; the version acknowledged before the request must be in the response."""
        with self._lock:
            known = dict(self._versions)
        for order_id, version in known.items():
            response = acknowledged.record(customer.get(order_id))
            with self._lock:
                self.reads += 1
                if response.body["version"] < version:
                    self.stale.append(order_id)
        if not known:
            time.sleep(0.001)

    def live(self, customer: Customer, acknowledged: Acknowledged) -> None:
        order = acknowledged.record(customer.place()).body
        self.acknowledged(order["id"], 1)
        for status in ("PAID", "SHIPPED"):
            time.sleep(self._chance.uniform(0, 0.006))  # at random times during the first read
            changed = acknowledged.record(customer.change(order["id"], status))
            if changed.seconds >= REDIS_SECONDS:
                time.sleep(STALE_SECONDS)
            self.acknowledged(order["id"], changed.body["version"])
            assert customer.get(order["id"]).body["status"] == status
        time.sleep(0.005)
        self.finished(order["id"])


@pytest.fixture
def on_an_uneven_network(service: Service, chance: Random) -> Iterator[Service]:
    """Redis behind a proxy with random delays, so that commands overtake each other."""
    enough = threading.Event()

    def shake() -> None:
        while not enough.wait(0.001):
            network.delay(chance.uniform(0, 0.008))

    with Proxy.before(service.redis_url) as network:
        shaking = threading.Thread(target=shake)
        shaking.start()
        yield replace(service, redis_url=network.through(service.redis_url))
        enough.set()
        shaking.join(5)


@pytest.mark.clause("000-12")
@pytest.mark.clause("000-20")
def test_acknowledged_change_is_always_read(on_an_uneven_network: Service, chance: Random) -> None:
    service, board = on_an_uneven_network, Board(chance)
    with (
        service.serve("--workers", "2") as web,
        busy(service, web, board.look, customers=6) as readers,
        busy(service, web, board.live, customers=2) as writers,
    ):
        time.sleep(SECONDS)
        deadline = time.monotonic() + 60
        while board.reads <= ENOUGH and time.monotonic() < deadline:
            time.sleep(0.1)

    assert board.stale == []
    assert readers.statuses == {200}
    assert writers.statuses == {200, 201}
    print(f"{board.reads} reads of {len(writers.versions)} orders")
    assert board.reads > ENOUGH
