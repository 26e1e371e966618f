"""Recovery: the service recovers by itself, and outbox, jobs, reservations, keys and queues are empty."""

from collections.abc import Iterator

from tests.torture.checker.evidence import Evidence, Violation

PROMISE = "healthy within 10 s of the last fault, and nothing is left over"


def check(evidence: Evidence) -> Iterator[Violation]:
    stores = evidence.stores
    if evidence.healthy_after is None or evidence.healthy_after > evidence.recovery_seconds:
        yield _violation("the service", f"healthy {_after(evidence.healthy_after)} of the last fault")
    if evidence.drained_after is None:
        yield _violation("the service", f"outbox, jobs and queues are empty {_after(evidence.drained_after)}")
    for row in stores.outbox:
        if row["state"] != "sent":
            yield _violation("outbox", f"event {row['event_id']} is {row['state']}: {row['last_error']}")
    for row in stores.jobs:
        if row["status"] in ("queued", "running"):
            yield _violation("jobs", f"job {row['id']} is {row['status']}")
    for row in stores.reservations:
        if row["state"] != "confirmed":
            yield _violation("reservations", f"the reservation of order {row['order_id']} is {row['state']}")
    if stores.locks:
        yield _violation("keys", f"{stores.locks} advisory locks are held")
    for queue, count in stores.left.items():
        if count:
            yield _violation("queues", f"{queue} has {count} messages")
    for actor in evidence.stuck_actors:
        yield _violation("clients", f"{actor} still waits for a response")


def _after(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.1f} s after the end"


def _violation(subject: str, detail: str) -> Violation:
    return Violation(promise=PROMISE, subject=subject, detail=detail)
