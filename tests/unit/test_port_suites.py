"""Port suites: every port of the domain has a suite or a stated reason, and every suite runs on our own adapters."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

from orders_adapters import testing
from orders_domain import ports

ROOT = Path(__file__).parents[2]
HOWTO = (ROOT / "docs" / "howto" / "add-an-adapter.md").read_text()
SUITES = HOWTO.partition("| ports | module | suites | fixtures |")[2].partition("\n\n")[0]
EXCEPTIONS = HOWTO.partition("| port | reason |")[2].partition("\n\n")[0]


def modules_of(package: ModuleType) -> Iterator[ModuleType]:
    for module in walk_packages(package.__path__, f"{package.__name__}."):
        yield import_module(module.name)


def ports_of_domain() -> set[str]:
    """The protocols and the function types that the modules of ports define."""
    found = set()
    for module in modules_of(ports):
        for node in ast.parse(Path(str(module.__file__)).read_text()).body:
            if isinstance(node, ast.ClassDef) and "Protocol" in {ast.unparse(base) for base in node.bases}:
                found.add(node.name)
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
                found.add(ast.unparse(node.target))
    return found


def suites_of_package() -> dict[str, type]:
    return {
        name: suite
        for module in modules_of(testing)
        for name, suite in vars(module).items()
        if name.endswith("Tests") and suite.__module__ == module.__name__
    }


def rows(table: str) -> list[list[list[str]]]:
    """The names in each cell of a table."""
    return [
        [re.findall(r"`([\w.]+)`", cell) for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if "`" in line
    ]


def test_every_port_has_a_suite_or_a_reason() -> None:
    with_suite = {port for row in rows(SUITES) for port in row[0]}
    without_suite = {port for row in rows(EXCEPTIONS) for port in row[0]}

    assert not with_suite & without_suite
    assert with_suite | without_suite == ports_of_domain()


def test_every_listed_suite_exists() -> None:
    listed: dict[str, Any] = {}
    for _, modules, suites, _ in rows(SUITES):
        names = {name for module in modules for name in vars(import_module(f"{testing.__name__}.{module}"))}
        assert set(suites) <= names
        listed |= dict.fromkeys(suites)

    assert listed.keys() == suites_of_package().keys()


def test_every_port_is_named_by_its_suite() -> None:
    docs = suites_of_package()

    for named_ports, _, suites, _ in rows(SUITES):
        promised = " ".join(str(docs[suite].__doc__) for suite in suites)
        assert [port for port in named_ports if f"``{port}``" not in promised] == []


def test_every_suite_runs_on_our_adapters() -> None:
    ours = "".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))

    assert [suite for suite in suites_of_package() if f"({suite})" not in ours] == []
