"""Stock holds: one per key, whose units are taken once, and given back once if it has ended, or go into one order."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.torture.checker.evidence import Evidence, Violation, acknowledged, certainly_refused
from tests.torture.log import Operation

PROMISE = "a hold takes its units once, and gives them back once, to stock or to one order"


def check(evidence: Evidence) -> Iterator[Violation]:
    units: dict[str, dict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for row in evidence.stores.movements:
        if hold := row.get("hold_id"):
            units[hold][row["kind"]][row["product_id"]] += row["quantity"]
    for hold, by_kind in units.items():
        taken = {product: -quantity for product, quantity in by_kind["held"].items()}
        if by_kind["hold_ended"] and dict(by_kind["hold_ended"]) != taken:
            yield _violation(hold, f"took {taken}, and gave back {dict(by_kind['hold_ended'])}")
    for request_id, attempts in evidence.intentions.items():
        kind, named = attempts[0].kind, {attempt.order for attempt in attempts if attempt.order}
        if kind == "holds.take" and acknowledged(attempts):
            if len(named) != 1:
                yield _violation(request_id, f"one key has the holds {sorted(named)}")
            elif not units.get(named.pop(), {}).get("held"):
                yield _violation(request_id, "acknowledged, and no units are taken")
        if kind == "holds.end" and acknowledged(attempts) and not units[str(attempts[0].order)]["hold_ended"]:
            yield _violation(request_id, "acknowledged, and no units are given back")
        if kind == "shop.place" and attempts[0].subject:
            hold, _, again = attempts[0].subject.partition(" ")
            for flaw in _takeover(attempts, again=bool(again), has_ended=bool(units[hold]["hold_ended"])):
                yield _violation(f"hold {hold}", f"order of the request {request_id}: {flaw}")


def _takeover(attempts: Sequence[Operation], *, again: bool, has_ended: bool) -> Iterator[str]:
    """The order of a hold's units has them, and the hold ends with it; another order does not have them again."""
    if again and acknowledged(attempts):
        yield "another order had taken the hold over"
    elif not again and certainly_refused(attempts):
        yield f"refused with {attempts[0].status}, though the hold has its units"
    elif not again and acknowledged(attempts) and not has_ended:
        yield "acknowledged, and the hold has not ended"


def _violation(subject: str, detail: str) -> Violation:
    return Violation(promise=PROMISE, subject=subject, detail=detail)
