"""Report of a run: faults, operations, figures, violations, and how to repeat it."""

from collections import Counter
from collections.abc import Sequence

from tests.torture.checker.evidence import Evidence, Violation
from tests.torture.checker.histories import moments_backwards
from tests.torture.checker.reads import stale_reads
from tests.torture.options import Options

MAX_LINES = 40  # number of violations shown


def report(evidence: Evidence, violations: Sequence[Violation], options: Options) -> str:
    return "\n".join(
        [
            "",
            "Faults:",
            *_faults(evidence),
            "",
            "Operations:",
            *_operations(evidence),
            "",
            "Figures:",
            *_figures(evidence),
            "",
            *_violations(violations),
            *_replay(options, broken=bool(violations)),
        ]
    )


def _faults(evidence: Evidence) -> list[str]:
    counts = Counter(fault.name for fault in evidence.faults)
    seconds: Counter[str] = Counter()
    for fault in evidence.faults:
        seconds[fault.name] += fault.ended - fault.began  # type: ignore[assignment]
    return [f"  {name:36} {count:5}  {seconds[name]:7.1f} s" for name, count in sorted(counts.items())] or ["  none"]


def _operations(evidence: Evidence) -> list[str]:
    counts = Counter((o.kind, o.outcome.value, o.status) for o in evidence.operations)
    kinds = sorted({kind for kind, _, _ in counts})
    return [
        f"  {kind:22} " + ", ".join(_count(counts[key], key) for key in sorted(counts, key=str) if key[0] == kind)
        for kind in kinds
    ]


def _count(count: int, key: tuple[str, str, int | None]) -> str:
    _, outcome, status = key
    return f"{count} {outcome}" + (f" ({status})" if status else "")


def _figures(evidence: Evidence) -> list[str]:
    stores = evidence.stores
    repeated = len(stores.events) - len({message.body["id"] for message in stores.events})
    refused = sum(delivery.status != 200 for delivery in evidence.deliveries)
    ages = [age for _, age in stale_reads(evidence)]
    return [
        f"  {len(stores.orders)} orders, {len(stores.history)} versions, {len(stores.movements)} movements of stock",
        f"  {len(stores.events)} events, {repeated} of them repetitions; {len(stores.dead_letters)} dead letters",
        f"  {len(evidence.deliveries)} webhook requests, {refused} of them not accepted",
        f"  webhooks delivered {_after(evidence.delivered_after)} all else",
        f"  {len({page.reader for page in evidence.feed})} readers of the feed, with {len(evidence.feed)} pages",
        f"  healthy {_after(evidence.healthy_after)} the last fault, drained {_after(evidence.drained_after)} the load",
        f"  {len(ages)} stale reads, the oldest {max(ages, default=0):.2f} s after what was seen",
        f"  {moments_backwards(evidence)} moments of a history go backwards",
    ]


def _after(seconds: float | None) -> str:
    return "never after" if seconds is None else f"{seconds:.1f} s after"


def _violations(violations: Sequence[Violation]) -> list[str]:
    if not violations:
        return ["Violations: none"]
    lines = [f"Violations: {len(violations)}"]
    lines += [f"  {promise}: {count}" for promise, count in Counter(v.promise for v in violations).most_common()]
    lines += ["", *(f"  {violation}" for violation in violations[:MAX_LINES])]
    return lines


def _replay(options: Options, *, broken: bool) -> list[str]:
    faults = "".join(f' --fault \\"{fault}\\"' for fault in options.faults)
    arguments = f"--clients {options.clients}{faults}" + (f" --defect {options.defect}" if options.defect else "")
    command = f'make torture SECONDS={options.seconds:g} SEED={options.seed} ARGS="{arguments}"'
    return ["", f"Logs: {options.directory}"] * broken + [f"Again: {command}"]
