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


def run(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    """Run the example as a foreign repository does: without our configuration and fixtures."""
    (folder / "test_dict_order_cache.py").write_text(source)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def example() -> str:
    return HOWTO.read_text().partition("```python\n")[2].partition("```\n")[0]


def test_foreign_adapter_passes_the_suite(tmp_path: Path, example: str) -> None:
    ran = run(tmp_path, example)

    passed = re.search(r"(\d+) passed", ran.stdout)
    assert ran.returncode == 0, ran.stdout
    assert passed
    assert int(passed[1]) >= 14
    assert "warning" not in ran.stdout


@pytest.mark.parametrize("defect", DEFECTS)
def test_defective_adapter_fails_the_suite(tmp_path: Path, example: str, defect: str) -> None:
    line, wrong, test = DEFECTS[defect]
    assert line in example

    ran = run(tmp_path, example.replace(line, wrong))

    assert ran.returncode == 1, ran.stdout
    assert f"::{test}" in ran.stdout, ran.stdout
    assert "order_cache.py:" in ran.stdout  # the suite's own assertions are rewritten, and show their values
    assert "+  where" in ran.stdout or " == " in ran.stdout
