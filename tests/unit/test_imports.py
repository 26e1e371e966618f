"""What the base install costs: the standard library, and less than a tenth of a second."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[2] / "src"
BASE = ["orders_domain", "orders_domain.use_cases", "orders_adapters.memory"]
EVERYTHING = [
    *BASE,
    *(f"orders_domain.{path.stem}" for path in (SOURCE / "orders_domain").glob("[a-z]*.py")),
    *(f"orders_domain.ports.{path.stem}" for path in (SOURCE / "orders_domain/ports").glob("[a-z]*.py")),
    *(f"orders_domain.use_cases.{path.stem}" for path in (SOURCE / "orders_domain/use_cases").glob("[a-z]*.py")),
    *(f"orders_adapters.memory.{path.stem}" for path in (SOURCE / "orders_adapters/memory").glob("[a-z]*.py")),
    *(f"orders_adapters.system.{path.stem}" for path in (SOURCE / "orders_adapters/system").glob("[a-z]*.py")),
]
PUBLISHED = 0.1  # seconds

PROBE = """
import sys, time
sys.path.insert(0, {source!r})
before, began = set(sys.modules), time.perf_counter()
for name in {names!r}:
    __import__(name)
took = time.perf_counter() - began
import json
print(json.dumps({{"took": took, "loaded": sorted(set(sys.modules) - before)}}))
"""


def fresh(names: list[str]) -> dict[str, Any]:
    """Import the modules in an interpreter that has only the standard library and our source on its path."""
    probe = PROBE.format(source=str(SOURCE), names=names)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV"))}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", probe], capture_output=True, text=True, check=True, env=environment
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", EVERYTHING)
def test_it_can_be_imported_first_without_any_package_installed(name: str) -> None:
    loaded = {module.partition(".")[0] for module in fresh([name])["loaded"]}

    assert loaded - sys.stdlib_module_names <= {"orders_domain", "orders_adapters"}


def test_the_domain_loads_no_adapter() -> None:
    loaded = fresh(["orders_domain", "orders_domain.use_cases"])["loaded"]

    assert not [module for module in loaded if module.startswith(("orders_adapters", "orders_flask"))]


@pytest.mark.parametrize("name", BASE)
def test_it_is_imported_in_less_than_a_tenth_of_a_second(name: str) -> None:
    fresh([name])  # writes the bytecode

    # The best of five, or of more where the machine is busy with others.
    assert any(min(fresh([name])["took"] for _ in range(5)) < PUBLISHED for _ in range(5))
