"""Payments: each fact recorded once, and what an expired order captures is asked back once."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.torture.checker import life
from tests.torture.checker.evidence import Evidence, Row, Violation

PROMISE = "a payment fact is recorded once, and a capture after an expiry is asked back once"
EXPIRED = "expired"


def check(evidence: Evidence) -> Iterator[Violation]:
    yield from _facts(evidence)
    for order, row in evidence.orders.items():
        entries = evidence.history.get(order, ())
        for flaw in _flaws(row, entries):
            yield Violation(promise=PROMISE, subject=f"order {order}", detail=flaw)


def _facts(evidence: Evidence) -> Iterator[Violation]:
    """The histories and the table have the same facts, each once."""
    entries = [(row["order_id"], fact) for row in evidence.stores.history if (fact := life.facts_of(row))]
    recorded = Counter(_key({**fact, "order_id": order}) for order, fact in entries)
    stored = Counter(_key(row) for row in evidence.stores.facts)
    for key, count in (recorded - stored).items():
        yield Violation(promise=PROMISE, subject=f"fact {key}", detail=f"is {count}x in histories only")
    for key in stored - recorded:
        yield Violation(promise=PROMISE, subject=f"fact {key}", detail="is in no history")
    for reference, count in Counter((key[1], key[2]) for key in recorded.elements()).items():
        if count > 1:
            yield Violation(promise=PROMISE, subject=f"fact {reference}", detail=f"is recorded {count}x")


def _key(fact: Row) -> tuple[str, str, str, str, int]:
    return fact["order_id"], fact["provider"], fact["reference"], fact["kind"], int(fact["amount_minor"])


def _flaws(row: Row, entries: Sequence[Row]) -> Iterator[str]:
    """After the expiry, and after each later capture, the next entry asks for all that is captured and not refunded."""
    has_expired, due = False, 0
    for entry, now in life.steps(row, entries):
        refund = entry["details"].get("refund") if entry["kind"] == "refund_requested" else None
        asks = refund is not None and refund["reason"] == EXPIRED
        asked = int(refund["amount_minor"]) if refund and asks else 0
        if asked != due:
            yield f"version {entry['version']}: {due} were to be asked back after the expiry, and {asked} are"
        if entry["kind"] == "expired":
            has_expired = True
            if not now.named and now.captured.total() >= row["total_minor"]:
                yield "it has expired, and was paid"
        captures = entry["kind"] == "expired" or (life.facts_of(entry) or {}).get("kind") == "captured"
        due = max(now.refundable, 0) if has_expired and captures else 0
    if due:
        yield f"{due} were captured of an expired order, and not asked back"
