"""Tests of the checker: it detects each kind of violation in correct evidence, and shares no code with the service."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from tests.torture.checker import violations_in
from tests.torture.checker.evidence import Evidence, Message
from tests.torture.example import (
    NOTIFIED,
    ORDER,
    event,
    fulfilled_promises,
    line,
    operation,
    with_operations,
    with_stores,
)
from tests.torture.log import Interval, Outcome

STORES = fulfilled_promises().stores
ROW = dict(STORES.orders[0])
OTHER = ROW | {"id": "01a3", "number": 8, "shipment_id": "ship-2"}
DEDUCTED = {"product_id": 1, "order_id": ORDER, "kind": "deducted", "quantity": -3}
DEAD = Message(body={"eventId": "parcel-2"}, reason="unexpected_error: KeyError")
LOGGED_OUT = {"subject": "token", "outcome": Outcome.ACKNOWLEDGED}


def another_order(**facts: Any) -> dict[str, Any]:
    """The first history rows of another order."""
    return line(1, "placed", None, "PENDING", order_id="01a3", **facts)


BREACHES: dict[str, tuple[Evidence, str]] = {
    "an acknowledged order is lost": (with_stores(orders=[], history=[], items=[], keys=[]), "every acknowledged"),
    "a refused order is there": (
        with_stores(
            history=[*STORES.history, line(1, "placed", None, "PENDING", order_id="01a3", request_id="refused")]
        ),
        "every acknowledged",
    ),
    "an order nobody asked for": (
        with_stores(history=[*STORES.history, another_order(request_id="other")]),
        "every acknowledged",
    ),
    "one key, two orders": (
        with_stores(history=[*STORES.history, another_order()]),
        "every acknowledged",
    ),
    "an order is not found": (
        with_operations(operation("ostore.read", 6, order="7", outcome=Outcome.REFUSED, status=404)),
        "every acknowledged",
    ),
    "no answer is final": (
        with_operations(operation("orders.place", 6, outcome=Outcome.RETRY, status=409)),
        "every acknowledged",
    ),
    "a key without its order": (with_stores(keys=[]), "one order per key"),
    "one cart, two orders": (
        with_stores(orders=[ROW | {"snapshot_id": "cart"}, OTHER | {"snapshot_id": "cart"}]),
        "one order per key",
    ),
    "an answer that the contract does not have": (
        with_operations(operation("orders.read", 6, outcome=Outcome.FORBIDDEN, status=500)),
        "responses are",
    ),
    "an answer that was never committed": (
        with_operations(operation("ostore.read", 6, order="7", version=3, word="delivered")),
        "responses are",
    ),
    "a version shown in another status": (
        with_operations(operation("ostore.read", 6, order="7", version=2, word="pending")),
        "responses are",
    ),
    "a hold that gives back more than it took": (
        with_stores(
            products=[{"id": 1, "stock_quantity": 13}],
            movements=[
                *STORES.movements,
                {"product_id": 1, "order_id": None, "hold_id": "h", "kind": "held", "quantity": -1},
                {"product_id": 1, "order_id": None, "hold_id": "h", "kind": "hold_ended", "quantity": 2},
            ],
        ),
        "a hold takes",
    ),
    "a hold that was acknowledged and took nothing": (
        with_operations(operation("holds.take", 6, order="h", status=201)),
        "a hold takes",
    ),
    "a hold that was ended and gave back nothing": (
        with_operations(operation("holds.end", 6, order="h", status=204)),
        "a hold takes",
    ),
    "stock that was not taken": (with_stores(products=[{"id": 1, "stock_quantity": 15}]), "stock ="),
    "stock that was given back to a live order": (
        with_stores(movements=[*STORES.movements, DEDUCTED | {"kind": "released", "quantity": 3}]),
        "stock =",
    ),
    "a restock that is lost": (with_stores(movements=STORES.movements[:2]), "stock ="),
    "an event that was never published": (with_stores(events=STORES.events[:1]), "each event"),
    "events in the wrong order": (with_stores(events=STORES.events[::-1]), "each event"),
    "an event of what did not happen": (
        with_stores(events=[*STORES.events, event(3, "order_canceled", "CANCELED", "SHIPPED")]),
        "each event",
    ),
    "one event under two ids": (
        with_stores(events=[*STORES.events, event(1, "order_placed", "PENDING", None, id="other")]),
        "each event",
    ),
    "a notification of what did not happen": (
        with_stores(events=[*STORES.events, Message(body=NOTIFIED | {"id": "other"})]),
        "each event",
    ),
    "an order without its task": (with_stores(tasks=[]), "each event"),
    "a history with a gap": (with_stores(history=STORES.history[:1]), "histories"),
    "a step that the lifecycle does not have": (
        with_stores(history=[STORES.history[0], line(2, "status_changed", "PENDING", "DELIVERED")]),
        "histories",
    ),
    "a row that differs from its history": (with_stores(orders=[ROW | {"total_minor": 1}]), "histories"),
    "a stale read": (
        with_operations(operation("ostore.read", 16, order="7", version=1, word="pending")),
        "no read older",
    ),
    "a stale copy in the end": (
        with_operations(operation("ostore.read", 31, client="final reader", order="7", version=1, word="pending")),
        "no read older",
    ),
    "a revoked token that is accepted": (with_operations(operation("auth.use", 13, **LOGGED_OUT)), "a revoked token"),
    "a good token that is refused": (
        with_operations(operation("auth.use", 1, subject="other", outcome=Outcome.REFUSED, status=401)),
        "a revoked token",
    ),
    "a carrier's event that is lost": (with_stores(inbox=[]), "every tracking event"),
    "a dead letter after a bug": (with_stores(dead_letters=[DEAD]), "every tracking event"),
    "an event stuck in the outbox": (
        with_stores(outbox=[{**STORES.outbox[0], "state": "parked"}, *STORES.outbox[1:]]),
        "healthy within",
    ),
    "a job that does not end": (with_stores(jobs=[{"id": "job", "status": "running"}]), "healthy within"),
    "a reservation that is not released": (
        with_stores(reservations=[{"order_id": ORDER, "state": "pending"}]),
        "healthy within",
    ),
    "a lock that is held": (with_stores(locks=1), "healthy within"),
    "a message that is not consumed": (with_stores(left={"tracking_events": 1}), "healthy within"),
    "a service that recovers late": (replace(fulfilled_promises(), healthy_after=10.5), "healthy within"),
    "a service that never recovers": (replace(fulfilled_promises(), healthy_after=None), "healthy within"),
}


def test_correct_evidence_has_no_violation() -> None:
    assert violations_in(fulfilled_promises()) == []


@pytest.mark.parametrize(("evidence", "promise"), BREACHES.values(), ids=BREACHES)
def test_violation_is_detected(evidence: Evidence, promise: str) -> None:
    promises = {violation.promise for violation in violations_in(evidence)}

    assert any(name.startswith(promise) for name in promises), promises


def test_stale_read_after_redis_fault_is_allowed() -> None:
    stale = operation("ostore.read", 16, order="7", version=1, word="pending")
    fault = Interval(name="redis full", began=3, ended=8)

    assert violations_in(replace(with_operations(stale), faults=[fault])) == []


def test_late_stale_read_is_a_violation() -> None:
    stale = operation("ostore.read", 19, order="7", version=1, word="pending")
    fault = Interval(name="redis full", began=3, ended=8)

    assert violations_in(replace(with_operations(stale), faults=[fault]))


def test_unanswered_request_may_create_an_order() -> None:
    lost = operation("orders.place", 6, request_id="lost", outcome=Outcome.UNKNOWN, status=None)
    refused = operation("orders.place", 7, request_id="lost", outcome=Outcome.REFUSED, status=422)

    assert violations_in(with_operations(lost, refused)) == []


def test_checker_imports_no_service_code() -> None:
    program = "import sys, tests.torture.checker; print([name for name in sys.modules if name.startswith('orders_')])"

    imported = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert imported.stdout.strip() == "[]"
