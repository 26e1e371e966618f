"""Tracking: every confirmed carrier event is applied, or dead-lettered with a valid reason."""

from collections.abc import Iterator

from tests.torture.checker.evidence import Evidence, Violation, acknowledged

PROMISE = "every tracking event is applied once, or dead-lettered with a reason"
REASONS = ("invalid_transition",)


def check(evidence: Evidence) -> Iterator[Violation]:
    applied = set(evidence.stores.inbox)
    dead = {message.body["eventId"]: message.reason for message in evidence.stores.dead_letters}
    for event, attempts in evidence.intentions.items():
        if attempts[0].kind != "carrier.publish" or not acknowledged(attempts):
            continue
        if event not in applied and event not in dead:
            yield _violation(event, "was confirmed by the broker, and is neither applied nor a dead letter")
        steps = [row["to_status"] for row in evidence.history_by_request.get(event, ())]
        if len(steps) != len(set(steps)) or len(steps) > 2:
            yield _violation(event, f"was applied as {steps}")
    for event, reason in dead.items():
        if not reason.startswith(REASONS):
            yield _violation(event, f"is a dead letter: {reason or 'no reason'}")
    for event in applied - set(evidence.intentions):
        yield _violation(event, "was applied, and no carrier published it")


def _violation(event: str, detail: str) -> Violation:
    return Violation(promise=PROMISE, subject=f"event {event}", detail=detail)
