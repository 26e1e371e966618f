"""Status changes: acknowledged ones are stored, refused ones are not, and responses show a committed status."""

from collections.abc import Iterator

from tests.torture.checker.evidence import Evidence, Violation, acknowledged, certainly_refused
from tests.torture.checker.verbs import RECORDED
from tests.torture.checker.words import WORDS
from tests.torture.load.kinds import PLACING
from tests.torture.log import Operation, Outcome

PROMISE = "responses are allowed by the contracts and show committed states"
CHANGING = frozenset({"orders.change", "management.status", "management.delete", "checkout.cancel"})

WRITING = CHANGING | PLACING | RECORDED.keys() | {"carrier.publish", "payments.publish", "management.bulk"}


def check(evidence: Evidence) -> Iterator[Violation]:
    for operation in evidence.operations:
        if operation.outcome is Outcome.FORBIDDEN:
            yield _violation(operation, f"response {operation.status}: {operation.detail}")
        elif operation.outcome is Outcome.ACKNOWLEDGED and operation.version and operation.word:
            yield from _shown(operation, evidence)
    for request_id, attempts in evidence.intentions.items():
        rows = evidence.history_by_request.get(request_id, ())
        kind = attempts[0].kind
        if kind in CHANGING and len(rows) > 1:
            yield _violation(attempts[0], f"one change has {len(rows)} history entries")
        if kind in CHANGING and rows and certainly_refused(attempts):
            yield _violation(attempts[0], f"refused with {attempts[0].status}, and committed")
        if kind == "management.delete" and acknowledged(attempts):
            order = evidence.id_of(attempts[0].order)
            if order is None or evidence.orders[order]["deleted_at"] is None:
                yield _violation(attempts[0], "acknowledged, and the order is not deleted")
        if kind not in WRITING and rows:
            yield _violation(attempts[0], "a request without a change has a history entry")


def _shown(operation: Operation, evidence: Evidence) -> Iterator[Violation]:
    """The status in a response is the status of its version."""
    order = evidence.id_of(operation.order)
    if order is None:
        yield _violation(operation, f"order {operation.order} was returned, and does not exist")
        return
    lines = evidence.history.get(order, ())
    if not 1 <= (operation.version or 0) <= len(lines):
        yield _violation(
            operation, f"version {operation.version} was returned, and the order has {len(lines)} versions"
        )
        return
    status = lines[(operation.version or 0) - 1]["to_status"]
    word = WORDS[operation.kind.partition(".")[0]][status]
    if operation.word != word:
        yield _violation(operation, f"version {operation.version} is {status} and was returned as {operation.word}")


def _violation(operation: Operation, detail: str) -> Violation:
    return Violation(promise=PROMISE, subject=f"{operation.kind} {operation.request_id}", detail=detail)
