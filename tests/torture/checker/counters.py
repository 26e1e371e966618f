"""Counters of lines: within their bounds at each version, and stored as the history says."""

from collections import defaultdict
from collections.abc import Iterator

from tests.torture.checker import life
from tests.torture.checker.evidence import Evidence, Row, Violation

PROMISE = "shipped + cancelled <= quantity, returned <= shipped, refunded <= captured, stored as in the history"
NAMES = ("quantity", "shipped", "cancelled", "returned", "awaited")


def check(evidence: Evidence) -> Iterator[Violation]:
    stored: dict[str, dict[int, Row]] = defaultdict(dict)
    for row in evidence.stores.counters:
        stored[row["order_id"]][row["number"]] = row
    for order, row in evidence.orders.items():
        if entries := evidence.history.get(order):
            for flaw in _flaws(row, life.folded(row, entries), stored[order]):
                yield Violation(promise=PROMISE, subject=f"order {order}", detail=flaw)


def _flaws(row: Row, now: life.Life, stored: dict[int, Row]) -> Iterator[str]:
    yield from now.flaws
    for number in sorted(now.named - stored.keys()):
        yield f"line {number} has no stored counters"
    for number, counters in stored.items():
        units, found = now.lines[number], tuple(counters[name] for name in NAMES)
        if units.counters != found:
            yield f"line {number} has the counters {found}, and its history {units.counters}"
    for number, *counts in row["counters"] or ():
        units = now.lines[number]
        if counts != [units.shipped, units.cancelled, units.returned]:
            yield f"line {number} of the row has {counts}, and its history {units}"
    sums = (row["captured_minor"], row["refunded_minor"], row["refunding_minor"])
    folded = (now.captured.total(), now.refunded, now.refunding)
    if sums != folded:
        yield f"captured, refunded and asked back are stored as {sums}, and {folded} by the history"
