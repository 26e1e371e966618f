"""Tokens: a revoked or exchanged token is rejected after the stated limit, and a valid one never is."""

from collections import defaultdict
from collections.abc import Iterator

from tests.torture.checker.evidence import Evidence, Violation
from tests.torture.log import Operation, Outcome
from tests.torture.options import STALENESS_SECONDS

PROMISE = f"a revoked token is rejected, at the latest {STALENESS_SECONDS:.0f} s after a fault of Redis"
ENDING = frozenset({"auth.logout", "auth.refresh"})


def check(evidence: Evidence) -> Iterator[Violation]:
    by_token: dict[str, list[Operation]] = defaultdict(list)
    for operation in evidence.operations:
        if operation.subject and operation.kind.startswith("auth."):
            by_token[operation.subject].append(operation)
    for operations in by_token.values():
        endings = [operation for operation in operations if operation.kind in ENDING]
        ended = min((o.ended for o in endings if o.outcome is Outcome.ACKNOWLEDGED), default=None)
        first_try = min((o.began for o in endings), default=None)
        for operation in operations:
            if operation.kind == "auth.use":
                yield from _use(operation, ended=ended, first_try=first_try, evidence=evidence)


def _use(
    operation: Operation, *, ended: float | None, first_try: float | None, evidence: Evidence
) -> Iterator[Violation]:
    if operation.outcome is Outcome.ACKNOWLEDGED and ended is not None and operation.began > ended:
        well = max(ended, evidence.last_disturbance("redis", before=operation.began))
        if (age := operation.began - well) > STALENESS_SECONDS:
            yield _violation(operation, f"it was accepted {age:.1f} s after its revocation")
    if operation.outcome is Outcome.REFUSED and (first_try is None or operation.ended < first_try):
        yield _violation(operation, "it is valid, and was rejected")


def _violation(operation: Operation, detail: str) -> Violation:
    subject = f"{operation.client} token ...{str(operation.subject)[-12:]}"
    return Violation(promise=PROMISE, subject=subject, detail=detail)
