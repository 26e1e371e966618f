"""Histories: complete, following the lifecycle, and equal to the order's row when rebuilt."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.torture.checker.evidence import Evidence, Row, Violation
from tests.torture.checker.words import TRANSITIONS

PROMISE = "histories rebuild the orders"


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
        if line["kind"] == "deleted":
            allowed = line["to_status"] == line["from_status"] == "PENDING"
        elif line["kind"] == "shipment_changed":  # a failure after shipping
            allowed = line["to_status"] == line["from_status"] in {"SHIPPED", "DELIVERED"}
        else:
            allowed = line["to_status"] in TRANSITIONS[line["from_status"]]
            allowed &= (line["kind"] == "canceled") == (line["to_status"] == "CANCELED")
        if not allowed:
            return f"version {line['version']}: {line['kind']} from {line['from_status']} to {line['to_status']}"
    return None


def _difference(lines: Sequence[Row], row: Row) -> str | None:
    """How the row differs from its history."""
    last, placing = lines[-1], lines[0]["details"]
    folded = {
        "status": last["to_status"],
        "version": last["version"],
        "updated_at": last["at"],
        "created_at": lines[0]["at"],
        "deleted_at": last["at"] if last["kind"] == "deleted" else None,
        "cancellation_reason": last["details"].get("reason") if last["kind"] == "canceled" else None,
        "user_id": placing["user_id"],
        "total_minor": placing["total_minor"],
        "currency": placing["currency"],
        "lines": placing["lines"],
        "shipment_id": placing.get("shipment_id"),
    }
    different = {name: (value, row[name]) for name, value in folded.items() if row[name] != value}
    return f"folded and stored differ: {different}" if different else None
