"""Reads: no client reads an older version than before, beyond the stated limit; in the end all reads are current."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator

from tests.torture.checker.evidence import Evidence, Violation
from tests.torture.load.kinds import READING
from tests.torture.log import Operation, Outcome
from tests.torture.options import STALENESS_SECONDS

PROMISE = f"no read older than {STALENESS_SECONDS:.0f} s after the update was seen or after a fault of Redis"
FINAL = "final reader"


def check(evidence: Evidence) -> Iterator[Violation]:
    for operation, age in stale_reads(evidence):
        if age > STALENESS_SECONDS:
            yield _violation(operation, f"read version {operation.version}, {age:.1f} s after a later one was seen")
    for operation in evidence.operations:
        if operation.client == FINAL and operation.kind in READING and operation.outcome is not Outcome.UNKNOWN:
            order = evidence.id_of(operation.order)
            row = evidence.orders[order] if order else None
            current = row["version"] if row and row["deleted_at"] is None else None
            if operation.version != current:
                yield _violation(operation, f"reads version {operation.version} in the end, and {current} is stored")


def stale_reads(evidence: Evidence) -> Iterator[tuple[Operation, float]]:
    """Each stale read, and the age of its version: the client saw a later one, and Redis had no fault."""
    seen: dict[tuple[str, str], list[tuple[float, int]]] = defaultdict(list)
    for operation in evidence.operations:
        if operation.version and operation.outcome is Outcome.ACKNOWLEDGED and operation.order:
            order = evidence.id_of(operation.order) or operation.order
            seen[operation.client, order].append((operation.ended, operation.version))
        elif operation.kind == "management.delete" and operation.outcome is Outcome.ACKNOWLEDGED:
            order = evidence.id_of(operation.order) or ""
            seen[operation.client, order].append((operation.ended, len(evidence.history.get(order, ()))))
    for sightings in seen.values():
        sightings.sort()
    for operation in evidence.operations:
        if operation.kind not in READING or not operation.version or operation.client == FINAL:
            continue
        sightings = seen[operation.client, evidence.id_of(operation.order) or str(operation.order)]
        before = sightings[: bisect_left(sightings, (operation.began, 0))]
        later = [at for at, version in before if version > operation.version]
        if later:
            well = max(min(later), evidence.last_disturbance("redis", before=operation.began))
            yield operation, operation.began - well


def _violation(operation: Operation, detail: str) -> Violation:
    return Violation(promise=PROMISE, subject=f"{operation.client} {operation.kind} {operation.order}", detail=detail)
