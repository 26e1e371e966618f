"""Import cost of the base install: the standard library only, few modules, and little time."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orders_domain import use_cases
from orders_domain.use_cases._modules import MODULES
from tests.support.depth import deep

SOURCE = Path(__file__).parents[3] / "src"
BASE = ["orders_domain", "orders_domain.use_cases", "orders_adapters.memory"]
PACKAGES = [
    "orders_domain",
    "orders_domain.ports",
    "orders_domain.model",
    "orders_domain.use_cases",
    "orders_domain.use_cases.orders",
    "orders_domain.use_cases.catalog",
    "orders_domain.use_cases.accounts",
    "orders_domain.use_cases.background",
    "orders_adapters.memory",
    "orders_adapters.system",
]
EMBEDDED = ["orders.place_order", "orders.get_order", "orders.change_status"]
EXPENSIVE = {"asyncio", "concurrent", "email", "http", "logging", "multiprocessing", "subprocess", "unittest"}
OURS = {"orders_domain", "orders_adapters"}
REFERENCE = ["asyncio"]  # of the standard library: the domain with its use cases costs about 1.4 times its CPU time

PROBE = """
import os, sys, time
sys.path.insert(0, {source!r})
for names in {cases!r}:
    if os.fork():  # each case is imported by a child, which has no more than this interpreter has
        os.wait()
        continue
    before, began = set(sys.modules), time.process_time()
    for name in names:
        __import__(name)
    took = time.process_time() - began
    import json
    print(json.dumps({{"took": took, "loaded": sorted(set(sys.modules) - before)}}), flush=True)
    os._exit(0)
"""


def fresh(*cases: list[str]) -> list[dict[str, Any]]:
    """Import the modules of each case with only the standard library and the source on the path."""
    probe = PROBE.format(source=str(SOURCE), cases=cases)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV"))}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", probe], capture_output=True, text=True, check=True, env=environment
    )
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == len(cases), done.stderr
    return results


def modules_of(package: str) -> list[str]:
    return [f"{package}.{path.stem}" for path in (SOURCE / package.replace(".", "/")).glob("[a-z]*.py")]


def foreign(*cases: list[str]) -> dict[str, set[str]]:
    """The packages outside the standard library, by the first module of the case that imports them."""
    loaded = {
        names[0]: {module.partition(".")[0] for module in result["loaded"]}
        for names, result in zip(cases, fresh(*cases), strict=True)
    }
    return {name: rest for name, roots in loaded.items() if (rest := roots - sys.stdlib_module_names - OURS)}


def test_modules_import_without_dependencies() -> None:
    """In a full run, each module is imported alone; otherwise one process imports all of them."""
    names = [name for package in PACKAGES for name in (package, *modules_of(package))]

    assert len(names) > 100
    assert foreign(*([name] for name in names) if deep() else [names]) == {}


def test_domain_imports_no_adapter() -> None:
    (result,) = fresh(["orders_domain", "orders_domain.use_cases"])

    assert not [module for module in result["loaded"] if module.startswith(("orders_adapters", "orders_flask"))]


def test_use_cases_import_few_modules() -> None:
    """Counted, because time depends on the machine. A use case brings its own module and those it needs."""
    embedded = [["orders_domain", "orders_domain.use_cases"], [f"orders_domain.use_cases.{name}" for name in EMBEDDED]]

    package, used = (set(result["loaded"]) for result in fresh(*embedded))

    assert {name for name in package if name.startswith("orders_domain.use_cases.")} == {
        "orders_domain.use_cases._modules"
    }
    assert len({name for name in package if name.startswith("orders_domain")}) <= 55
    assert len({name for name in used if name.startswith("orders_domain")}) <= 79
    for loaded in (package, used):
        assert {name.partition(".")[0] for name in loaded} & EXPENSIVE == set()
        assert len(loaded) <= 140


def test_use_cases_are_found_by_their_names() -> None:
    names = set(use_cases.__all__)

    assert names == set(MODULES)
    assert all(getattr(use_cases, name).__name__ == name for name in names)
    with pytest.raises(AttributeError, match="place_nothing"):
        use_cases.place_nothing  # noqa: B018


@pytest.mark.parametrize("name", BASE)
def test_base_import_costs_under_twice_asyncio(name: str) -> None:
    fresh([name], REFERENCE)  # writes the bytecode

    # CPU time grows if other processes share the cores: one undisturbed attempt is enough.
    assert any(
        ours["took"] < 2 * reference["took"] for ours, reference in (fresh([name], REFERENCE) for _ in range(25))
    )


def test_celery_is_not_imported_by_default() -> None:
    code = (
        "import sys; from orders_flask import Settings, create_app; "
        "create_app(Settings(database_url='memory://')); print('celery' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == "False\n"
