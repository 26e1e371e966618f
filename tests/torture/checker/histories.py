"""Histories: complete, following the lifecycle, and equal to the order's row when rebuilt."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.torture.checker.evidence import Evidence, Row, Violation
from tests.torture.checker.words import STATUSES, TRANSITIONS

PROMISE = "histories rebuild the orders"

OPEN = ("PENDING", "CONFIRMED", "PAID")
UNCHANGED = {
    "deleted": ("PENDING",),
    "lines_canceled": OPEN,
    "payment_recorded": STATUSES,
    "refund_requested": STATUSES,
    "refund_settled": STATUSES,
    "shipment_created": OPEN,
    "shipment_changed": (*OPEN, "SHIPPED", "DELIVERED"),
    "return_authorized": (*OPEN, "SHIPPED", "DELIVERED"),
    "return_received": (*OPEN, "SHIPPED", "DELIVERED"),
    "return_refused": (*OPEN, "SHIPPED", "DELIVERED"),
    "held": (*OPEN, "SHIPPED"),
    "released": STATUSES,
}
"""By kind of an entry: the statuses that it may leave as they are."""

REACHED = {
    "lines_canceled": "SHIPPED",
    "payment_recorded": "PAID",
    "shipment_created": "SHIPPED",
    "shipment_changed": "DELIVERED",
}
"""By kind of an entry: the status that it may set."""


def check(evidence: Evidence) -> Iterator[Violation]:
    for order, row in evidence.orders.items():
        lines = evidence.history.get(order, ())
        if (flaw := _flaw(lines) or _difference(lines, row)) is not None:
            yield Violation(promise=PROMISE, subject=f"order {order}", detail=flaw)
    for order in set(evidence.history) - set(evidence.orders):
        yield Violation(promise=PROMISE, subject=f"order {order}", detail="has a history and does not exist")


def moments_backwards(evidence: Evidence) -> int:
    """The number of versions whose timestamp is earlier than that of the version before."""
    pairs = [pair for lines in evidence.history.values() for pair in pairwise(lines)]
    return sum(later["at"] < earlier["at"] for earlier, later in pairs)


def _flaw(lines: Sequence[Row]) -> str | None:
    versions = [line["version"] for line in lines]
    if versions != list(range(1, len(lines) + 1)) or not lines:
        return f"its history has the versions {versions}"
    if lines[0]["kind"] != "placed" or lines[0]["from_status"] is not None or lines[0]["to_status"] != "PENDING":
        return f"its history begins with {lines[0]['kind']}"
    for before, line in pairwise(lines):
        if before["kind"] == "deleted" or line["from_status"] != before["to_status"]:
            return f"version {line['version']} does not follow from the one before"
        if not _is_allowed(line):
            return f"version {line['version']}: {line['kind']} from {line['from_status']} to {line['to_status']}"
    return None


def _is_allowed(line: Row) -> bool:
    """Whether an entry of the kind may have its statuses."""
    kind, before, after = line["kind"], line["from_status"], line["to_status"]
    if before == after:
        return before in UNCHANGED.get(kind, ())
    if kind == "expired":
        return before in ("PENDING", "CONFIRMED") and after == "CANCELED"
    if kind == "canceled":
        return bool(after == "CANCELED" in TRANSITIONS[before])
    if kind == "status_changed":
        return after != "CANCELED" and after in TRANSITIONS[before]
    return bool(after == REACHED.get(kind) and after in TRANSITIONS[before])


def _cancels(line: Row) -> bool:
    return bool(line["to_status"] == "CANCELED" != line["from_status"])


def _difference(lines: Sequence[Row], row: Row) -> str | None:
    """How the row differs from its history."""
    last, placing = lines[-1], lines[0]["details"]
    folded = {
        "status": last["to_status"],
        "version": last["version"],
        "updated_at": last["at"],
        "created_at": lines[0]["at"],
        "deleted_at": last["at"] if last["kind"] == "deleted" else None,
        "cancellation_reason": next((line["details"].get("reason") for line in lines if _cancels(line)), None),
        "user_id": placing["user_id"],
        "total_minor": placing["total_minor"],
        "currency": placing["currency"],
        "lines": placing["lines"],
        "shipment_id": placing.get("shipment_id"),
    }
    different = {name: (value, row[name]) for name, value in folded.items() if row[name] != value}
    return f"folded and stored differ: {different}" if different else None
