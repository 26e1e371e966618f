"""Fault-injection runs: a correct service has no violation, and each planted defect is detected."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.report import for_want_of
from tests.support.servers.discovery import Unavailable
from tests.torture import servers
from tests.torture.checker import violations_in
from tests.torture.checker.evidence import Evidence
from tests.torture.defects import DEFECTS
from tests.torture.load.crew import FEED_READERS
from tests.torture.load.readers import PATHS
from tests.torture.log import Outcome
from tests.torture.options import Options
from tests.torture.report import report
from tests.torture.run import Run
from tests.torture.servers import Servers

pytestmark = pytest.mark.alone  # because it measures how soon a service is healthy

SEED = 20  # seed of the short run
DEEP_SEEDS = (7, 77, 777)
FOUND_BY = {
    "unconditional-stock": ("consumer killed", "stock ="),
    "cursor-relay": ("consumer killed", "each event is published"),
    "cache-without-fence": ("consumer killed", "no read older"),
    "early-acknowledgement": ("worker killed", "every acknowledged order"),
}
"""By defect: the fault that reveals it, and the start of the promise that it breaks."""


@pytest.fixture(scope="module")
def running() -> Iterator[Servers]:
    with ExitStack() as stack:
        try:
            started = stack.enter_context(servers.started())
            started.rabbit_started.result()
        except Unavailable as why:
            for_want_of("servers to torture", why=str(why))
        yield started


def tortured(running: Servers, options: Options) -> tuple[Evidence, set[str]]:
    """Return the evidence and the promises that were broken."""
    evidence = Run(options=options, servers=running).execute()
    violations = violations_in(evidence)
    print(report(evidence, violations, options))
    return evidence, {violation.promise for violation in violations}


def placed_by_contract(evidence: Evidence) -> set[str]:
    return {
        operation.kind
        for operation in evidence.operations
        if operation.kind.endswith(".place") and operation.outcome is Outcome.ACKNOWLEDGED
    }


def late_captures(evidence: Evidence) -> set[str]:
    """The orders that have expired and then captured something."""
    return {
        order
        for order, lines in evidence.history.items()
        if "payment_recorded" in [line["kind"] for line in lines if line["from_status"] == "CANCELED"]
    }


def test_short_run_with_faults_has_no_violation(running: Servers, tmp_path: Path) -> None:
    options = Options(seconds=20, seed=SEED, clients=1, pace=10, forked=True, directory=tmp_path)

    evidence, broken = tortured(running, options)

    assert broken == set()
    assert len(evidence.faults) >= 4
    assert placed_by_contract(evidence) == {f"{contract}.place" for contract in PATHS}


@pytest.mark.deep
def test_short_run_with_integrations_has_no_violation(running: Servers, tmp_path: Path) -> None:
    options = Options(seconds=20, seed=SEED, clients=1, pace=5, integrations=True, forked=True, directory=tmp_path)

    evidence, broken = tortured(running, options)

    assert broken == set()
    assert {page.reader for page in evidence.feed if page.events} == set(FEED_READERS)
    assert {delivery.receiver for delivery in evidence.deliveries} == {endpoint.name for endpoint in evidence.endpoints}
    assert any(delivery.status != 200 for delivery in evidence.deliveries)
    assert "payments.publish" in {operation.kind for operation in evidence.operations}


@pytest.mark.deep
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("seed", DEEP_SEEDS)
def test_long_run_with_faults_has_no_violation(running: Servers, tmp_path: Path, seed: int) -> None:
    evidence, broken = tortured(running, Options(seconds=600, seed=seed, directory=tmp_path))

    assert broken == set()
    assert len({fault.name for fault in evidence.faults}) >= 25
    assert any(page.resumptions for page in evidence.feed)
    assert evidence.deliveries
    assert late_captures(evidence)


@pytest.mark.deep
@pytest.mark.parametrize("defect", DEFECTS)
def test_planted_defect_is_detected(running: Servers, tmp_path: Path, defect: str) -> None:
    fault, promise = FOUND_BY[defect]
    options = Options(seconds=10, seed=SEED, faults=(fault,), defect=defect, directory=tmp_path, drain_seconds=5)

    _, broken = tortured(running, options)

    assert any(name.startswith(promise) for name in broken), broken
