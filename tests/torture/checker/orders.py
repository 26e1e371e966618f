"""Placed orders: each acknowledged order exists once, and no refused or unrequested order exists."""

from collections.abc import Iterator

from tests.torture.checker.evidence import Evidence, Violation, acknowledged, certainly_refused
from tests.torture.load.kinds import PLACING
from tests.torture.log import Outcome

PROMISE = "every acknowledged order exists once, and no refused one"


def check(evidence: Evidence) -> Iterator[Violation]:
    asked_for = set()
    for request_id, attempts in evidence.intentions.items():
        if attempts[0].kind not in PLACING:
            continue
        asked_for.add(request_id)
        rows = evidence.history_by_request.get(request_id, ())
        placed = {row["order_id"] for row in rows if row["version"] == 1}
        named = {attempt.order for attempt in acknowledged(attempts)}
        if len(placed) > 1:
            yield _violation(request_id, f"{len(placed)} orders of one key: {sorted(placed)}")
        if named and {evidence.id_of(ref) for ref in named} != placed:
            yield _violation(request_id, f"acknowledged as {sorted(map(str, named))}, and {sorted(placed)} exists")
        if placed and certainly_refused(attempts):
            yield _violation(request_id, f"refused with {attempts[0].status}, and {sorted(placed)} exists")
        if all(attempt.outcome in (Outcome.UNKNOWN, Outcome.RETRY) for attempt in attempts):
            yield _violation(request_id, f"no final response after {len(attempts)} attempts: {attempts[-1]}")
    for row in evidence.stores.history:
        if row["version"] == 1 and row["request_id"] not in asked_for:
            yield _violation(row["order_id"], f"no client sent its request {row['request_id']}")
    yield from _not_found(evidence)


def _not_found(evidence: Evidence) -> Iterator[Violation]:
    """A 404 for an order is valid only after its deletion."""
    for operation in evidence.operations:
        order = evidence.id_of(operation.order) if operation.status == 404 else None
        if order and evidence.orders[order]["deleted_at"] is None:
            yield _violation(order, f"404 for {operation.kind}, though it was not deleted")


def _violation(subject: str, detail: str) -> Violation:
    return Violation(promise=PROMISE, subject=subject, detail=detail)
