"""Tests of the checker on the life of orders: each kind of violation is detected in the evidence of a correct walk."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.torture.checker import violations_in
from tests.torture.checker.evidence import Evidence
from tests.torture.example import operation
from tests.torture.life_example import (
    AUTHORIZED,
    COUNTERS,
    FACTS,
    HISTORY,
    HOLD,
    LATE,
    MOVEMENTS,
    PAID_LATE,
    RETURN,
    WALKED,
    entry,
    movement,
    payment,
    refund,
    refused,
    walked_orders,
    with_attempts,
    with_history,
    with_rows,
)
from tests.torture.log import Outcome

ORDERS = walked_orders().stores.orders
KEYS = walked_orders().stores.keys
LATE_REFUND = {"refund": refund("f-2", 300, reason="expired")}
PAID: dict[str, Any] = {"subject": "bank c-1 captured", "amount": 1_100, "order": WALKED}

Change = Callable[[dict[str, Any]], dict[str, Any] | None]


def at(order: str, version: int, **changed: Any) -> Change:
    """A change of one entry; without changes the entry is missing."""

    def change(row: dict[str, Any]) -> dict[str, Any] | None:
        if (row["order_id"], row["version"]) != (order, version):
            return row
        return row | changed if changed else None

    return change


def with_entry(row: dict[str, Any]) -> Evidence:
    return with_rows(history=[*HISTORY, row])


def with_counters(number: int, **changed: int) -> Evidence:
    return with_rows(counters=[row | changed if row["number"] == number else row for row in COUNTERS])


def with_order(order: str, **changed: Any) -> Evidence:
    return with_rows(orders=[{**row, **changed} if row["id"] == order else row for row in ORDERS])


def attempted(kind: str, request_id: str, **facts: Any) -> Evidence:
    return with_attempts(operation(kind, 20, request_id=request_id, **facts))


def without_attempts(request_id: str) -> Evidence:
    evidence = walked_orders()
    return replace(evidence, operations=[one for one in evidence.operations if one.request_id != request_id])


def altered(request_id: str, **facts: Any) -> Evidence:
    """The same evidence with other attempts of a request."""
    evidence = walked_orders()
    attempts = [replace(one, **facts) if one.request_id == request_id else one for one in evidence.operations]
    return replace(evidence, operations=attempts)


def all_refused(request_id: str) -> Evidence:
    """The attempts of a request were refused, though the stores have their effect."""
    return altered(request_id, outcome=Outcome.REFUSED, status=409, version=None)


BREACHES: dict[str, tuple[Evidence, str, str]] = {
    "an acknowledged parcel is lost": (
        attempted("shop.ship", "lost", order=WALKED, version=4),
        "every acknowledged change",
        "recorded 0x",
    ),
    "a retry cancels units twice": (
        with_entry(entry(WALKED, 12, "lines_canceled", "PAID", "PAID", {"lines": [[1, 1]]}, request_id=f"{WALKED} 5")),
        "every acknowledged change",
        "recorded as",
    ),
    "a refused receipt is recorded": (all_refused(f"{WALKED} 9"), "every acknowledged change", "refused with 409"),
    "a fact that was refused is recorded": (
        all_refused(f"{WALKED} 2"),
        "every acknowledged change",
        "no client sent it, or it was refused",
    ),
    "a fact that no client sent": (without_attempts(f"{WALKED} 3"), "every acknowledged change", "no client sent it"),
    "a carrier's event that no client sent": (
        without_attempts(f"{WALKED} 7"),
        "every acknowledged change",
        "no client sent it",
    ),
    "an acknowledged fact is lost": (
        attempted("shop.pay", "lost", order=WALKED, version=3, subject="bank c-9 captured", amount=5),
        "every acknowledged change",
        "recorded 0x",
    ),
    "a repeated fact is refused": (
        with_attempts(refused("shop.pay", "again", **PAID)),
        "every acknowledged change",
        "refused, after it had been acknowledged",
    ),
    "a change without its key": (
        with_rows(keys=[row for row in KEYS if row["key"] != f"{WALKED} 8"]),
        "every acknowledged change",
        "its key has None",
    ),
    "a retry with another answer": (
        attempted("shop.return", f"{WALKED} 8", order=WALKED, version=9),
        "every acknowledged change",
        "acknowledged as versions [8, 9]",
    ),
    "a change without a final response": (
        attempted("shop.refund", "open", order=WALKED, outcome=Outcome.UNKNOWN, status=None),
        "every acknowledged change",
        "no final response",
    ),
    "more is shipped than ordered": (
        with_history(at(WALKED, 4, details={"shipment": {"lines": [[1, 3]]}})),
        "shipped + cancelled",
        "version 5: line 1",
    ),
    "more is returned than shipped": (
        with_history(at(WALKED, 9, details={"return_id": "r", "received": [[1, 3, True]]})),
        "shipped + cancelled",
        "version 9: line 1",
    ),
    "an order is canceled with shipped units": (
        with_entry(entry(WALKED, 12, "canceled", "SHIPPED", "CANCELED", {"reason": None})),
        "shipped + cancelled",
        "shipped units are cancelled",
    ),
    "a parcel of a held order": (
        with_history(at(WALKED, 2, kind="held", details={"reason": "address"})),
        "shipped + cancelled",
        "version 4: shipment_created, while the order was held",
    ),
    "units of a refused return are awaited": (
        with_entry(entry(WALKED, 12, "return_refused", "SHIPPED", "SHIPPED", {"return_id": RETURN, "reason": "worn"})),
        "shipped + cancelled",
        "line 2 has the counters",
    ),
    "counters that lost an update": (with_counters(1, returned=0), "shipped + cancelled", "line 1 has the counters"),
    "counters that are missing": (with_rows(counters=COUNTERS[:1]), "shipped + cancelled", "line 2 has no stored"),
    "a row whose counters differ": (
        with_order(WALKED, counters=[[1, 2, 1, 2], [2, 2, 0, 1]]),
        "shipped + cancelled",
        "line 1 of the row",
    ),
    "more is refunded than captured": (
        with_history(at(WALKED, 10, details={"refund": refund("f-1", 1_200)})),
        "shipped + cancelled",
        "100 more is refunded than captured",
    ),
    "more is captured than authorized": (
        with_history(at(WALKED, 2, details={"payment": AUTHORIZED | {"amount_minor": 1_000}})),
        "shipped + cancelled",
        "more is captured than bank",
    ),
    "a refund is asked for twice": (
        with_history(at(LATE, 3, kind="refund_requested", details=LATE_REFUND)),
        "shipped + cancelled",
        "asked for twice",
    ),
    "sums that lost a capture": (with_order(LATE, captured_minor=0), "shipped + cancelled", "captured, refunded and"),
    "a fact is recorded twice": (
        with_entry(entry(WALKED, 12, "payment_recorded", "SHIPPED", "SHIPPED", {"payment": PAID_LATE})),
        "a payment fact",
        "is recorded 2x",
    ),
    "a fact that only the history has": (with_rows(facts=FACTS[1:]), "a payment fact", "in histories only"),
    "a fact that no history has": (
        with_rows(facts=[*FACTS, {"order_id": LATE, **payment("c-9", "captured", 5)}]),
        "a payment fact",
        "is in no history",
    ),
    "a late capture is not asked back": (with_history(at(LATE, 4)), "a payment fact", "and not asked back"),
    "a late capture is asked back in part": (
        with_history(at(LATE, 4, details={"refund": refund("f-2", 200, reason="expired")})),
        "a payment fact",
        "300 were to be asked back after the expiry, and 200 are",
    ),
    "a late capture is asked back twice": (
        with_entry(entry(LATE, 5, "refund_requested", "CANCELED", "CANCELED", LATE_REFUND)),
        "a payment fact",
        "0 were to be asked back after the expiry, and 300 are",
    ),
    "a paid order expires": (
        with_history(at(LATE, 1, kind="payment_recorded", details={"payment": PAID_LATE})),
        "a payment fact",
        "and was paid",
    ),
    "an order loses the units of its hold": (
        all_refused(f"{WALKED} 1"),
        "a hold takes",
        "refused with 409, though the hold has its units",
    ),
    "a hold outlives its order": (
        with_rows(movements=[row for row in MOVEMENTS if row["kind"] != "hold_ended"]),
        "a hold takes",
        "the hold has not ended",
    ),
    "two orders of one hold": (
        altered(f"{LATE} 1", subject=f"{HOLD} again"),
        "a hold takes",
        "another order had taken the hold over",
    ),
    "a restock that is lost": (with_rows(movements=[*MOVEMENTS[:9], *MOVEMENTS[10:]]), "stock =", "given back {1: 1}"),
    "a restock that is made twice": (
        with_rows(movements=[*MOVEMENTS, movement(1, "released", 1, order=WALKED)]),
        "stock =",
        "given back {1: 3}",
    ),
    "a unit that was written off is restocked": (
        with_rows(movements=[*MOVEMENTS, movement(2, "released", 1, order=WALKED)]),
        "stock =",
        "given back {1: 2, 2: 1}",
    ),
    "a stock without the restocked units": (
        with_rows(products=[{"id": 1, "stock_quantity": 8}, {"id": 2, "stock_quantity": 8}]),
        "stock =",
        "stock 8, expected 9",
    ),
    "a return of a canceled order": (
        with_history(at(LATE, 3, kind="return_authorized", details={"return": {"lines": []}})),
        "histories",
        "version 3: return_authorized from CANCELED to CANCELED",
    ),
    "a payment that ships an order": (
        with_history(at(WALKED, 3, to_status="SHIPPED")),
        "histories",
        "version 3: payment_recorded from PENDING to SHIPPED",
    ),
}


def test_correct_walk_has_no_violation() -> None:
    assert violations_in(walked_orders()) == []


@pytest.mark.parametrize(("evidence", "promise", "detail"), BREACHES.values(), ids=BREACHES)
def test_violation_is_detected(evidence: Evidence, promise: str, detail: str) -> None:
    found = [violation for violation in violations_in(evidence) if violation.promise.startswith(promise)]

    assert any(detail in violation.detail for violation in found), found


def test_refused_change_may_be_absent() -> None:
    assert violations_in(with_attempts(refused("shop.ship", "refused", order=WALKED))) == []


def test_repeated_fact_changes_nothing() -> None:
    evidence = attempted("shop.pay", "again", version=11, **PAID)
    keys = [*KEYS, {"subject": "merchant-1", "key": "again", "order_id": WALKED, "version": 11}]

    assert violations_in(replace(evidence, stores=replace(evidence.stores, keys=keys))) == []


def test_unanswered_change_may_be_recorded() -> None:
    evidence = altered(f"{WALKED} 4", outcome=Outcome.UNKNOWN, status=None, version=None)
    late = operation(
        "shop.ship", 20, client="merchant-1", request_id=f"{WALKED} 4", outcome=Outcome.REFUSED, status=409
    )

    assert violations_in(replace(evidence, operations=[*evidence.operations, late])) == []
