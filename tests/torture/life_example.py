"""Evidence of two orders of the contract `shop`, for tests to alter: one walked to its refund, one paid too late."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.torture.checker.evidence import Evidence, Message, Row, Stores
from tests.torture.checker.words import EVENT_TYPES, NOTIFICATION
from tests.torture.example import AT, operation
from tests.torture.log import Operation, Outcome

WALKED, LATE, HOLD, MERCHANT = "01b1", "01b2", "hold-1", "merchant-1"
PARCEL, RETURN = "parcel-1", "return-1"
NUMBERS = {WALKED: 1, LATE: 2}
LINES: Mapping[str, list[list[int]]] = {WALKED: [[1, 3, 300], [2, 2, 100]], LATE: [[1, 1, 300]]}
TOTALS = {WALKED: 1_100, LATE: 300}


def payment(reference: str, kind: str, amount: int) -> dict[str, Any]:
    return {"provider": "bank", "reference": reference, "kind": kind, "amount_minor": amount}


def refund(refund_id: str, amount: int, *, state: str = "requested", reason: str = "A scratch.") -> dict[str, Any]:
    return {"id": refund_id, "amount_minor": amount, "state": state, "reason": reason}


def entry(
    order: str, version: int, kind: str, before: str | None, after: str, details: Row, **facts: Any
) -> dict[str, Any]:
    usual = {"actor": MERCHANT, "role": "customer", "request_id": f"{order} {version}"}
    at = AT + timedelta(seconds=version)
    row = {"order_id": order, "version": version, "kind": kind, "at": at, "from_status": before, "to_status": after}
    return row | usual | {"details": details} | facts


def placing(order: str) -> dict[str, Any]:
    return {"user_id": MERCHANT, "total_minor": TOTALS[order], "currency": "USD", "lines": LINES[order]}


EVENT = {"shipment_id": PARCEL, "event": {"event_id": "e-1", "state": "delivered"}}
AUTHORIZED, CAPTURED, REFUNDED, PAID_LATE = (
    payment("a-1", "authorized", 1_100),
    payment("c-1", "captured", 1_100),
    payment("r-1", "refunded", 300),
    payment("c-2", "captured", 300),
)
HISTORY: Sequence[dict[str, Any]] = (
    entry(WALKED, 1, "placed", None, "PENDING", placing(WALKED)),
    entry(WALKED, 2, "payment_recorded", "PENDING", "PENDING", {"payment": AUTHORIZED}),
    entry(WALKED, 3, "payment_recorded", "PENDING", "PAID", {"payment": CAPTURED}),
    entry(WALKED, 4, "shipment_created", "PAID", "PAID", {"shipment": {"id": PARCEL, "lines": [[1, 1]]}}),
    entry(WALKED, 5, "lines_canceled", "PAID", "PAID", {"lines": [[1, 1]], "reason": "changed their mind"}),
    entry(
        WALKED, 6, "shipment_created", "PAID", "SHIPPED", {"shipment": {"id": "parcel-2", "lines": [[1, 1], [2, 2]]}}
    ),
    entry(WALKED, 7, "shipment_changed", "SHIPPED", "SHIPPED", EVENT),
    entry(WALKED, 8, "return_authorized", "SHIPPED", "SHIPPED", {"return": {"id": RETURN, "lines": [[1, 1], [2, 2]]}}),
    entry(
        *(WALKED, 9, "return_received", "SHIPPED", "SHIPPED"),
        {"return_id": RETURN, "received": [[1, 1, True], [2, 1, False]]},
    ),
    entry(WALKED, 10, "refund_requested", "SHIPPED", "SHIPPED", {"refund": refund("f-1", 300)}),
    entry(
        *(WALKED, 11, "refund_settled", "SHIPPED", "SHIPPED"),
        {"payment": REFUNDED, "refund": refund("f-1", 300, state="succeeded")},
    ),
    entry(LATE, 1, "placed", None, "PENDING", placing(LATE)),
    entry(
        *(LATE, 2, "expired", "PENDING", "CANCELED", {"reason": "expired"}),
        actor="expiry",
        role="system",
        request_id=None,
    ),
    entry(LATE, 3, "payment_recorded", "CANCELED", "CANCELED", {"payment": PAID_LATE}),
    entry(
        *(LATE, 4, "refund_requested", "CANCELED", "CANCELED", {"refund": refund("f-2", 300, reason="expired")}),
        request_id=f"{LATE} 3",
    ),
)
KINDS = {
    "placed": "shop.place",
    "payment_recorded": "shop.pay",
    "refund_settled": "shop.pay",
    "refund_requested": "shop.refund",
    "shipment_created": "shop.ship",
    "shipment_changed": "shop.track",
    "lines_canceled": "shop.cancel",
    "return_authorized": "shop.return",
    "return_received": "shop.receive",
}
COUNTERS = [
    {"order_id": WALKED, "number": 1, "quantity": 3, "shipped": 2, "cancelled": 1, "returned": 1, "awaited": 0},
    {"order_id": WALKED, "number": 2, "quantity": 2, "shipped": 2, "cancelled": 0, "returned": 1, "awaited": 1},
]
FACTS = [
    *({"order_id": WALKED, **fact} for fact in (AUTHORIZED, CAPTURED, REFUNDED)),
    {"order_id": LATE, **PAID_LATE},
]


def movement(product: int, kind: str, quantity: int, *, order: str | None = None, hold: str | None = None) -> Row:
    return {"product_id": product, "order_id": order, "hold_id": hold, "kind": kind, "quantity": quantity}


MOVEMENTS = [
    movement(1, "initial", 10),
    movement(2, "initial", 10),
    movement(1, "held", -3, hold=HOLD),
    movement(2, "held", -2, hold=HOLD),
    movement(1, "hold_ended", 3, hold=HOLD),
    movement(2, "hold_ended", 2, hold=HOLD),
    movement(1, "deducted", -3, order=WALKED),
    movement(2, "deducted", -2, order=WALKED),
    movement(1, "released", 1, order=WALKED),  # cancelled
    movement(1, "released", 1, order=WALKED),  # restocked
    movement(1, "deducted", -1, order=LATE),
    movement(1, "released", 1, order=LATE),
]


def walked_orders() -> Evidence:
    """Two orders, with an acknowledged attempt for each entry that a client asked for."""
    return Evidence(
        operations=[
            operation("holds.take", 0, client=MERCHANT, request_id="hold", order=HOLD, status=201),
            *_operations(),
            *(
                operation("shop.read", 30, client="final reader", order=order, version=version, word=word)
                for order, version, word in ((WALKED, 11, "shipped"), (LATE, 4, "canceled"))
            ),
        ],
        faults=[],
        initial_stock={1: 10, 2: 10},
        stores=_stores(HISTORY),
    )


def with_history(change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Evidence:
    """The same evidence with a changed history, and the events of it; entries of which None is made are missing."""
    history = [row for known in HISTORY if (row := change(dict(known))) is not None]
    return replace(walked_orders(), stores=_stores(history))


def with_rows(**changed: Any) -> Evidence:
    """The same evidence, except for some rows."""
    evidence = walked_orders()
    return replace(evidence, stores=replace(evidence.stores, **changed))


def with_attempts(*more: Operation) -> Evidence:
    """The same evidence with further attempts of the merchant."""
    evidence = walked_orders()
    return replace(evidence, operations=[*evidence.operations, *(replace(one, client=MERCHANT) for one in more)])


def refused(kind: str, request_id: str, **facts: Any) -> Operation:
    return operation(kind, 20, request_id=request_id, outcome=Outcome.REFUSED, status=409, **facts)


def _operations() -> Sequence[Operation]:
    operations = []
    for row in HISTORY:
        if row["request_id"] != f"{row['order_id']} {row['version']}":
            continue
        late = row["order_id"] == LATE and row["version"] == 3
        facts: dict[str, Any] = {"version": 4 if late else row["version"], "word": row["to_status"].lower()}
        if fact := row["details"].get("payment"):
            facts |= {"subject": f"bank {fact['reference']} {fact['kind']}", "amount": fact["amount_minor"]}
        if row["kind"] == "shipment_changed":
            facts["subject"] = f"{PARCEL} e-1 delivered"
        if row["kind"] == "placed" and row["order_id"] == WALKED:
            facts["subject"] = HOLD
        request = {"client": MERCHANT, "request_id": row["request_id"], "order": row["order_id"]}
        operations.append(operation(KINDS[row["kind"]], row["version"], **request, **facts))
    return operations


def _stores(history: Sequence[Row]) -> Stores:
    events = [_event(row) for row in history]
    notified = [_notice(row) for row in history if row["role"] == "system"]
    bodies = [body for row, body in events + notified]
    return Stores(
        orders=[_row(order, [row for row in history if row["order_id"] == order]) for order in NUMBERS],
        history=history,
        items=[
            {"order_id": order, "product_id": product, "quantity": quantity}
            for order, lines in LINES.items()
            for product, quantity, _ in lines
        ],
        products=[{"id": 1, "stock_quantity": 9}, {"id": 2, "stock_quantity": 8}],
        movements=MOVEMENTS,
        outbox=[
            {"event_id": body["id"], "order_id": row["order_id"], "version": row["version"], "type": body["type"]}
            | {"state": "sent", "last_error": None}
            for row, body in events + notified
        ],
        keys=[
            {"subject": MERCHANT, "key": row["request_id"], "order_id": row["order_id"], "version": row["version"]}
            for row in history
            if row["request_id"] and (row["order_id"], row["version"]) != (LATE, 3)
        ],
        counters=COUNTERS,
        facts=FACTS,
        events=[Message(body=body) for body in bodies],
        tasks=[Message(body={"order_id": order}) for order in NUMBERS],
    )


def _row(order: str, lines: Sequence[Row]) -> dict[str, Any]:
    last, is_walked = lines[-1], order == WALKED
    row = {"id": order, "number": NUMBERS[order], "status": last["to_status"], "version": last["version"]}
    row |= {"created_at": lines[0]["at"], "updated_at": last["at"], "deleted_at": None, "snapshot_id": None}
    row |= {"cancellation_reason": None if is_walked else "expired", "shipment_id": None}
    row |= {"captured_minor": TOTALS[order], "refunded_minor": 300 if is_walked else 0}
    row |= {"refunding_minor": 0 if is_walked else 300, "counters": [[1, 2, 1, 1], [2, 2, 0, 1]] if is_walked else None}
    return row | placing(order)


def _event(row: Row) -> tuple[Row, dict[str, Any]]:
    data = {"status": row["to_status"], "previous_status": row["from_status"]}
    facts = {"subject": row["order_id"], "orderversion": row["version"], "data": data}
    return row, {"id": f"{row['order_id']} {row['version']}", "type": EVENT_TYPES[row["kind"]], **facts}


def _notice(row: Row) -> tuple[Row, dict[str, Any]]:
    return row, {"id": f"notice {row['order_id']}", "type": NOTIFICATION, "subject": row["order_id"]}
