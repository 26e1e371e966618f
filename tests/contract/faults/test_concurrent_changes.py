"""Concurrent changes of one order: a legal path without gaps, and one winner with If-Match."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from random import Random
from uuid import UUID

import pytest

from orders_domain.model.history import HistoryEntry
from orders_domain.model.status import TRANSITIONS
from tests.contract.faults.load import Answer, Customer
from tests.contract.faults.service import Service, Web
from tests.support.depth import effort
from tests.support.shop import DatabaseShop

CROWD = 32
ROUNDS = effort(2, 5)


def at_once(service: Service, web: Web, ask: Callable[[Customer], Answer]) -> list[Answer]:
    """Send the request of thirty-two customers at the same time."""
    start = threading.Barrier(CROWD)

    def come(_: int) -> Answer:
        customer = Customer(service, web)
        try:
            start.wait(20)
            return ask(customer)
        finally:
            customer.close()

    with ThreadPoolExecutor(CROWD) as crowd:
        return list(crowd.map(come, range(CROWD)))


@pytest.fixture
def ada_s(service: Service) -> Callable[[Web], str]:
    """Place an order of Ada; return its id."""

    def place(web: Web) -> str:
        ada = Customer(service, web)
        order_id = str(ada.place().body["id"])
        ada.close()
        return order_id

    return place


@pytest.mark.clause("000-11")
@pytest.mark.parametrize("threads", ["8", "32"])
def test_concurrent_changes_form_one_legal_path(
    service: Service, core: DatabaseShop, chance: Random, ada_s: Callable[[Web], str], threads: str
) -> None:
    with service.serve("--no-relay", "--threads", threads) as web:
        for _ in range(ROUNDS):
            order_id = ada_s(web)
            responses = at_once(
                service,
                web,
                lambda customer: customer.change(order_id, chance.choice(["PAID", "SHIPPED", "CANCELED"])),  # noqa: B023
            )

            assert {response.status for response in responses} <= {200, 409}
            acknowledged = {
                (response.body["version"], response.body["status"]) for response in responses if response.status == 200
            }
            assert acknowledged <= {(entry.version, entry.to_status.value) for entry in path(core, order_id)}
            assert len(path(core, order_id)) > 1
    assert all(version > 1 for version in core.versions().values())


def path(core: DatabaseShop, order_id: str) -> Sequence[HistoryEntry]:
    """The order's history, checked to be a legal path without gaps."""
    entries = core.queries.history(UUID(order_id))
    assert [entry.version for entry in entries] == list(range(1, len(entries) + 1))
    for before, after in pairwise(entries):
        assert after.from_status == before.to_status
        assert after.to_status in TRANSITIONS[before.to_status]
    return entries


def test_concurrent_if_match_has_one_winner(service: Service, core: DatabaseShop, ada_s: Callable[[Web], str]) -> None:
    with service.serve("--no-relay") as web:
        for _ in range(ROUNDS):
            order_id = ada_s(web)
            responses = at_once(service, web, lambda customer: customer.change(order_id, "PAID", **{"If-Match": '"1"'}))  # noqa: B023
            assert Counter(response.status for response in responses) == {200: 1, 412: CROWD - 1}

    assert set(core.versions().values()) == {2}
