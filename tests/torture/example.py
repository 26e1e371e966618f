"""Evidence of a small correct run, for tests to alter."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.torture.checker.evidence import Evidence, Message, Stores
from tests.torture.load.kinds import KINDS
from tests.torture.log import Operation, Outcome

ORDER, BUYER, ADMIN, KEY = "01a2", "ostore-buyer-1", "administrator-1", "ostore-buyer-1.1"
AT = datetime(2030, 1, 1, tzinfo=UTC)


def operation(kind: str, began: float, **facts: Any) -> Operation:
    """An acknowledged attempt of the buyer, unless the facts say otherwise."""
    assert kind in KINDS
    usual: dict[str, Any] = {
        "client": BUYER,
        "request_id": f"{kind}.{began}",
        "outcome": Outcome.ACKNOWLEDGED,
        "status": 200,
    }
    return Operation(kind=kind, began=began, ended=began + 0.1, **(usual | facts))


def line(version: int, kind: str, before: str | None, after: str, **facts: Any) -> dict[str, Any]:
    usual = {"actor": BUYER, "role": "customer", "request_id": KEY, "details": {}}
    at = AT + timedelta(seconds=version)
    row = {"order_id": ORDER, "version": version, "kind": kind, "at": at, "from_status": before, "to_status": after}
    return row | usual | facts


def event(version: int, kind: str, status: str, before: str | None, *, id: str = "") -> Message:  # noqa: A002
    data = {"status": status, "previous_status": before}
    subject = {"subject": ORDER, "orderversion": version, "data": data}
    return Message(body={"id": id or f"event-{version}", "type": f"orders.{kind}.v1", **subject})


PLACING = {"user_id": BUYER, "total_minor": 900, "currency": "USD", "lines": [[1, 3, 300]], "shipment_id": "ship-1"}
NOTIFIED = {"id": "notice-2", "type": "orders.user_notification.v1", "subject": ORDER, "orderversion": 2, "data": {}}


def fulfilled_promises() -> Evidence:
    """One order of 3 of 10 units, shipped by its carrier; one refused order, one restock, one token, one read."""
    row = {"id": ORDER, "number": 7, "status": "SHIPPED", "version": 2, "cancellation_reason": None, "deleted_at": None}
    row |= {"created_at": AT + timedelta(seconds=1), "updated_at": AT + timedelta(seconds=2), "snapshot_id": None}
    row |= {"captured_minor": 0, "refunded_minor": 0, "refunding_minor": 0, "counters": None}
    waiting = {"state": "sent", "last_error": None, "order_id": ORDER}
    return Evidence(
        operations=[
            operation("ostore.place", 1, request_id=KEY, order="7", status=201, version=1, word="pending"),
            operation("ostore.place", 2, request_id="refused", outcome=Outcome.REFUSED, status=409),
            operation("carrier.publish", 3, request_id="parcel-1", order="7", status=None),
            operation("ostore.read", 5, order="7", version=2, word="shipped"),
            operation("ostore.read", 30, client="final reader", order="7", version=2, word="shipped"),
            operation("products.restock", 4, subject="1", amount=5, status=None),
            operation("auth.use", 1, subject="token"),
            operation("auth.logout", 2, subject="token"),
            operation("auth.use", 20, subject="token", outcome=Outcome.REFUSED, status=401),
        ],
        faults=[],
        initial_stock={1: 10},
        stores=Stores(
            orders=[row | PLACING],
            history=[
                line(1, "placed", None, "PENDING", details=PLACING),
                line(2, "status_changed", "PENDING", "SHIPPED", actor="carrier", role="system", request_id="parcel-1"),
            ],
            items=[{"order_id": ORDER, "product_id": 1, "quantity": 3}],
            products=[{"id": 1, "stock_quantity": 12}],
            movements=[
                {"product_id": 1, "order_id": None, "kind": "initial", "quantity": 10},
                {"product_id": 1, "order_id": ORDER, "kind": "deducted", "quantity": -3},
                {"product_id": 1, "order_id": None, "kind": "restocked", "quantity": 5},
            ],
            outbox=[
                waiting | {"event_id": "event-1", "version": 1, "type": "orders.order_placed.v1"},
                waiting | {"event_id": "event-2", "version": 2, "type": "orders.order_status_changed.v1"},
                waiting | {"event_id": "notice-2", "version": 2, "type": "orders.user_notification.v1"},
            ],
            inbox=["parcel-1"],
            keys=[{"subject": BUYER, "key": KEY, "order_id": ORDER, "version": 1}],
            events=[
                event(1, "order_placed", "PENDING", None),
                event(2, "order_status_changed", "SHIPPED", "PENDING"),
                Message(body=NOTIFIED),
            ],
            tasks=[Message(body={"order_id": ORDER})],
        ),
    )


def with_stores(**changed: Any) -> Evidence:
    """The same evidence, except for some rows or messages."""
    evidence = fulfilled_promises()
    return replace(evidence, stores=replace(evidence.stores, **changed))


def with_operations(*more: Operation) -> Evidence:
    """The same evidence with further operations."""
    evidence = fulfilled_promises()
    return replace(evidence, operations=[*evidence.operations, *more])
