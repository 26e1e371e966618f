"""Payment messages: the fact of each one that the broker confirmed is recorded once, and none is a dead letter."""

from collections import Counter
from collections.abc import Iterator

from tests.torture.checker.evidence import Evidence, Violation, acknowledged

PROMISE = "the fact of every confirmed payment message is recorded once"


def check(evidence: Evidence) -> Iterator[Violation]:
    recorded = Counter(
        (f"{row['provider']} {row['reference']} {row['kind']}", int(row["amount_minor"]), row["order_id"])
        for row in evidence.stores.facts
    )
    handled = set(evidence.stores.inbox)
    for message, attempts in evidence.intentions.items():
        first = attempts[0]
        if first.kind != "payments.publish" or not acknowledged(attempts):
            continue
        if (count := recorded[str(first.subject), int(first.amount or 0), str(first.order)]) != 1:
            yield _violation(message, f"was confirmed, and its fact is recorded {count}x")
        if message not in handled:
            yield _violation(message, "was confirmed, and never handled")
    for letter in evidence.stores.dead_payments:
        yield _violation(str(letter.body.get("event_id")), f"is a dead letter: {letter.reason or 'no reason'}")


def _violation(message: str, detail: str) -> Violation:
    return Violation(promise=PROMISE, subject=f"message {message}", detail=detail)
