"""A master of Redis killed under load, with Sentinel and in a cluster: no request fails, and nothing old is read."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from uuid import UUID

import pytest

from tests.contract.faults.load import Acknowledged, Customer, busy, in_threads
from tests.contract.faults.service import Service, Web, shop_of
from tests.support.servers.ephemeral.redis_groups import Group

pytestmark = pytest.mark.deep
MAX_LATENCY = 1.0  # seconds beyond that of the same load without a fault
RECOVERY = 15.0  # seconds, of which one passes until the master counts as down
ORDERS = 12  # enough for a copy on every master of the cluster


def place_pay_and_read(customer: Customer, acknowledged: Acknowledged) -> None:
    """Place and pay an order, and read it after each step: each read shows the last acknowledged change."""
    placed = acknowledged.record(customer.place())
    order_id, version = placed.body["id"], placed.body["version"]
    for status in (None, "PAID", "SHIPPED"):
        if status:
            version = acknowledged.record(customer.change(order_id, status)).body["version"]
        for _ in range(2):  # the first read makes the copy that the second one finds
            assert acknowledged.record(customer.get(order_id)).body["version"] == version
    time.sleep(0.02)


@contextmanager
def refused_token(service: Service, web: Web) -> Iterator[list[int]]:
    """A token that is signed out at the beginning, and the statuses of requests with it until the end."""
    statuses: list[int] = []
    with closing(Customer(service, web, "bob")) as customer:

        def ask(_: int, enough: threading.Event) -> None:
            while not enough.wait(0.02):
                statuses.append(customer.get(str(UUID(int=0))).status)

        assert customer.sign_out().status == 200
        with in_threads(ask):
            yield statuses


def test_killed_master_fails_no_request(service: Service, redis_group: Group) -> None:
    service = replace(service, redis_url=redis_group.url)
    with service.serve() as web, shop_of(service) as core:
        orders = [core.place() for _ in range(ORDERS)]
        with busy(service, web, place_pay_and_read, customers=4) as well:
            time.sleep(2.0)
        assert all(core.get(order.id) == core.cache.get(order.id) for order in orders)
        victim = redis_group.home("*revoked_tokens*")

        with (
            busy(service, web, place_pay_and_read, customers=4) as acknowledged,
            refused_token(service, web) as statuses,
        ):
            time.sleep(0.2)
            victim.kill()
            killed_at = time.monotonic()
            while not all(core.get(order.id) == core.cache.get(order.id) for order in orders):
                assert time.monotonic() < killed_at + RECOVERY, "the cache does not serve again"
                time.sleep(0.05)
            recovered_after = time.monotonic() - killed_at
            time.sleep(1.0)

        print(
            f"recovered after {recovered_after:.1f} s; slowest: {acknowledged.slowest:.3f} s, {well.slowest:.3f} before"
        )
        assert acknowledged.statuses == well.statuses == {200, 201}
        assert acknowledged.unanswered == 0
        assert acknowledged.slowest < MAX_LATENCY + well.slowest
        assert set(statuses) == {401}
        for order_id, version in [*well.versions.items(), *acknowledged.versions.items()]:
            assert core.get(UUID(order_id)).version == version
