"""Example of docs/howto/add-an-adapter.md: a foreign adapter passes the shipped suite, and a broken one fails it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "add-an-adapter.md"
DEFECTS = {  # correct line, defect, a test that must fail
    "no fence": ("if order.version >= self._fence(order.id):", "if True:", "test_invalidation_removes_and_blocks_old"),
    "a fence that sinks": ("max(version, self._fence(order_id))", "version", "test_older_invalidation_keeps_the_fence"),
    "a short fence": ("FENCE_TTL = 3 * TTL", "FENCE_TTL = TTL", "test_fence_outlives_cached_copies"),
    "no expiry": ("if self._clock() < expires_at else None", "", "test_cached_order_expires_after_five_minutes"),
    "shared orders": ("deepcopy(order) if", "order if", "test_cached_orders_are_copies"),
    "no invalidation": ("del self._orders[order_id]", "pass", "test_racing_reads_never_return_stale_order"),
}


def run(folder: Path, **sources: str) -> subprocess.CompletedProcess[str]:
    """Run test modules as a foreign repository does: without our configuration and fixtures."""
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def example() -> str:
    return HOWTO.read_text().partition("```python\n")[2].partition("```\n")[0]


def test_foreign_adapter_passes_the_suite(tmp_path: Path, example: str) -> None:
    ran = run(tmp_path, test_dict_order_cache=example)

    passed = re.search(r"(\d+) passed", ran.stdout)
    assert ran.returncode == 0, ran.stdout
    assert passed
    assert int(passed[1]) >= 14
    assert "warning" not in ran.stdout


def module_of(defect: str) -> str:
    return f"test_{defect.replace(' ', '_')}"


@pytest.fixture(scope="module")
def defective(tmp_path_factory: pytest.TempPathFactory, example: str) -> str:
    """The output of one run in which each module is the example with one defect."""
    assert all(line in example for line, *_ in DEFECTS.values())
    modules = {module_of(defect): example.replace(line, wrong) for defect, (line, wrong, _) in DEFECTS.items()}
    ran = run(tmp_path_factory.mktemp("defective"), **modules)
    assert ran.returncode == 1, ran.stdout
    return ran.stdout


@pytest.mark.parametrize("defect", DEFECTS)
def test_defective_adapter_fails_the_suite(defective: str, defect: str) -> None:
    *_, test = DEFECTS[defect]
    failed = [line for line in defective.splitlines() if line.startswith(f"FAILED {module_of(defect)}.py::")]

    assert any(f"::{test}" in line for line in failed), defective


def test_failure_shows_the_values_of_the_suite(defective: str) -> None:
    assert "order_cache.py:" in defective  # the suite's own assertions are rewritten, and show their values
    assert "+  where" in defective or " == " in defective
