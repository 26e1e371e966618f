"""Verbs of an order's life: each acknowledged one is in the history once, under its key, and no refused one is."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.torture.checker import life
from tests.torture.checker.evidence import Evidence, Row, Violation, acknowledged, certainly_refused
from tests.torture.log import Operation, Outcome

PROMISE = "every acknowledged change of an order's life is recorded once, and no refused one"
RECORDED: Mapping[str, frozenset[str]] = {
    "shop.pay": frozenset({"payment_recorded", "refund_settled"}),
    "shop.refund": frozenset({"refund_requested"}),
    "shop.ship": frozenset({"shipment_created"}),
    "shop.track": frozenset({"shipment_changed"}),
    "shop.cancel": frozenset({"lines_canceled", "canceled"}),
    "shop.return": frozenset({"return_authorized"}),
    "shop.receive": frozenset({"return_received"}),
    "shop.refuse": frozenset({"return_refused"}),
    "shop.retry": frozenset({"refund_requested"}),
    "shop.confirm": frozenset({"status_changed"}),
    "shop.hold": frozenset({"held"}),
    "shop.release": frozenset({"released"}),
}
"""By kind of an operation: the kinds of the one entry that it makes."""

FURTHER = {"shop.pay": "refund_requested", "shop.cancel": "status_changed"}
"""By kind of an operation: the kind of a second entry, of a late capture and of the delivery of what was shipped."""

FACTS = ("shop.pay", "shop.track")
"""Changes that have an identity of their own, by which a repetition under another key changes nothing."""


def check(evidence: Evidence) -> Iterator[Violation]:
    keys = {(row["subject"], row["key"]): row["version"] for row in evidence.stores.keys}
    facts = Counter(fact for row in evidence.stores.history if (fact := _fact(row)))
    for request_id, attempts in evidence.intentions.items():
        if attempts[0].kind in RECORDED:
            rows = evidence.history_by_request.get(request_id, ())
            key = keys.get((attempts[0].client, request_id))
            for flaw in _flaws(attempts, rows, key, facts):
                yield Violation(promise=PROMISE, subject=f"{attempts[0].kind} {request_id}", detail=flaw)
    yield from _repetitions(evidence)
    sent = {_sent(operation) for operation in evidence.operations if operation.outcome is not Outcome.REFUSED}
    for fact in facts.keys() - sent:
        yield Violation(promise=PROMISE, subject=f"fact {fact}", detail="no client sent it, or it was refused")


def _flaws(
    attempts: Sequence[Operation], rows: Sequence[Row], key: int | None, facts: Counter[tuple[str, int | None]]
) -> Iterator[str]:
    kind, acks = attempts[0].kind, acknowledged(attempts)
    first = [row for row in rows if row["kind"] in RECORDED[kind]]
    further = [row["kind"] for row in rows if row not in first]
    if len(first) > 1 or further not in ([], [FURTHER.get(kind)]):
        yield f"recorded as {[row['kind'] for row in rows]}"
    if rows and certainly_refused(attempts):
        yield f"refused with {attempts[0].status}, and recorded"
    if all(attempt.outcome in (Outcome.UNKNOWN, Outcome.RETRY) for attempt in attempts):
        yield f"no final response after {len(attempts)} attempts: {attempts[-1]}"
    if not acks:
        return
    recorded = facts[_sent(attempts[0])] if kind in FACTS else len(first)
    if recorded != 1:
        yield f"acknowledged, and recorded {recorded}x"
    if {attempt.version for attempt in acks} != {key}:
        yield f"acknowledged as versions {[attempt.version for attempt in acks]}, and its key has {key}"
    if rows and key != max(row["version"] for row in rows):
        yield f"its key has version {key}, and its last entry {rows[-1]['version']}"


def _repetitions(evidence: Evidence) -> Iterator[Violation]:
    """A fact that was acknowledged is acknowledged again, whatever the key of the repetition."""
    known: dict[tuple[str, int | None], float] = {}
    for operation in sorted(evidence.operations, key=lambda one: one.ended):
        if operation.kind in FACTS and operation.outcome is Outcome.ACKNOWLEDGED:
            known.setdefault(_sent(operation), operation.ended)
    for operation in evidence.operations:
        refused = operation.kind in FACTS and operation.outcome is Outcome.REFUSED
        if refused and known.get(_sent(operation), operation.began) < operation.began:
            subject = f"{operation.kind} {operation.request_id}"
            yield Violation(promise=PROMISE, subject=subject, detail="refused, after it had been acknowledged")


def _fact(row: Row) -> tuple[str, int | None] | None:
    """The identity of the fact that an entry records: that of a payment provider, or of a carrier over `/v1`."""
    if fact := life.facts_of(row):
        return f"{fact['provider']} {fact['reference']} {fact['kind']}", int(fact["amount_minor"])
    if row["kind"] == "shipment_changed" and row["role"] != "system":
        event = row["details"]["event"]
        return f"{row['details']['shipment_id']} {event['event_id']} {event['state']}", None
    return None


def _sent(operation: Operation) -> tuple[str, int | None]:
    return str(operation.subject), operation.amount
