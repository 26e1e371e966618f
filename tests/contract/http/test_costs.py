"""Costs of the operations that most requests are, in counts that do not depend on the machine.

Times would differ between machines and runs. A change that adds a statement, a round trip, a row, or a tenth of the
calls and of the memory must state why, and change the figure here.
"""

import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from orders_domain import Role
from tests.contract.http.management.client import Shopper
from tests.support.client import Answer, Caller
from tests.support.servers.redis import round_trips
from tests.support.service_stack import Stack

WARM_UP = 3  # requests, because the first ones compile statements and fill caches
ATTEMPTS = 3  # because a Redis that a busy machine delays beyond its time-out costs the steps of an outage
TEAS = {"items": [{"sku": "tea", "quantity": 2, "unit_price": 1.5}] * 3, "total_price": 9}


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Exact counts, and upper bounds of the function calls and of the bytes that a request allocates at once."""

    statements: int
    trips: int
    rows: int
    calls: int
    bytes: int


COSTS = {
    "place 3 products": Cost(statements=2, trips=1, rows=13, calls=2_600, bytes=95_000),
    "place 3 items": Cost(statements=1, trips=1, rows=4, calls=2_150, bytes=95_000),
    "repeat a request": Cost(statements=1, trips=1, rows=0, calls=2_150, bytes=95_000),
    "read a cached order": Cost(statements=0, trips=1, rows=0, calls=1_200, bytes=60_000),
}


def operations(stack: Stack) -> dict[str, Callable[[], Answer]]:
    """One request of each kind, by a caller who has ordered before."""
    admin = Shopper(app=stack.app, subject="root", token=_token(stack, "root", admin=True))
    ann = Shopper(app=stack.app, subject="ann", token=_token(stack, "ann"))
    buyer = Caller(app=stack.app, subject="ann", token=ann.token)
    products = [admin.product(stock=1000) for _ in range(3)]
    order = buyer.place()
    return {
        "place 3 products": lambda: ann.wants(*((product, 1) for product in products)),
        "place 3 items": lambda: buyer.post(TEAS),
        "repeat a request": lambda: buyer.post(TEAS, **{"Idempotency-Key": "again"}),
        "read a cached order": lambda: buyer.get(order),
    }


def _token(stack: Stack, subject: str, *, admin: bool = False) -> str:
    return stack.caller(subject, role=Role.ADMIN if admin else Role.CUSTOMER).token


def calls_of(perform: Callable[[], Any]) -> int:
    """The number of calls of Python functions."""
    count = 0

    def profile(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    previous = sys.getprofile()
    sys.setprofile(profile)
    try:
        perform()
    finally:
        sys.setprofile(previous)
    return count


def bytes_of(perform: Callable[[], Any]) -> int:
    """The most bytes that are allocated at a time, beyond those before."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        perform()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def database_costs(stack: Stack, perform: Callable[[], Any]) -> tuple[int, int, int]:
    """The statements, the round trips to Redis, and the rows written."""
    before = stack.contents()
    with stack.statements() as statements, round_trips() as trips:
        perform()
    after = stack.contents()
    return len(statements), len(trips), sum(sum((after[table] - before[table]).values()) for table in after)


@pytest.mark.parametrize("name", COSTS)
def test_operation_costs_no_more(real_stack: Stack, name: str) -> None:
    perform = operations(real_stack)[name]
    for _ in range(WARM_UP):
        assert perform().status_code in {200, 201}
    limit = COSTS[name]
    expected = (limit.statements, limit.trips, limit.rows)

    found: list[tuple[int, int, int]] = []
    while expected not in found and len(found) < ATTEMPTS:
        found.append(database_costs(real_stack, perform))

    assert expected in found
    assert calls_of(perform) <= limit.calls
    assert bytes_of(perform) <= limit.bytes
