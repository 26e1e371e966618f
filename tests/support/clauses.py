"""`pytest --clauses`: each source clause of docs/clauses.md with its tests, and an error for a clause without tests."""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

ROW = re.compile(r"^\| (?P<id>\d{3}-\d{2}) \| (?P<text>.+?) \|$", re.MULTILINE)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--clauses", action="store_true", help="show the source clauses with their tests; run nothing")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Print the clauses instead of running the tests."""
    if not session.config.getoption("clauses") or session.testsfailed:
        return None
    clauses = read(session.config.rootpath / "docs" / "clauses.md")
    lines, faults = compare(clauses, shown_by(session.items))
    print(*lines, "", *faults, f"{len(clauses)} clauses, {len(faults)} faults.", sep="\n")
    session.testsfailed = len(faults)
    return True


def read(document: Path) -> dict[str, str]:
    """Return the clauses of the document by their ids."""
    return {row["id"]: row["text"] for row in ROW.finditer(document.read_text(encoding="utf-8"))}


def shown_by(items: Iterable[pytest.Item]) -> dict[str, list[str]]:
    """Return the tests of each clause: node ids, with the number of parametrized variants."""
    tests: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for item in items:
        for clause in {str(clause) for mark in item.iter_markers("clause") for clause in mark.args}:
            tests[clause][item.nodeid.partition("[")[0]] += 1
    return {
        clause: [node if times == 1 else f"{node} ({times} variants)" for node, times in nodes.items()]
        for clause, nodes in tests.items()
    }


def compare(clauses: dict[str, str], shown: dict[str, list[str]]) -> tuple[list[str], list[str]]:
    """Return the lines to print, and an error for each clause without a test and each mark without a clause."""
    lines = []
    for clause, text in clauses.items():
        lines += [f"{clause}  {text}", *(f"        {test}" for test in shown.get(clause, ["(no test)"]))]
    untested = [f"{clause} has no test." for clause in clauses if clause not in shown]
    unknown = [
        f"{clause} is not in docs/clauses.md, but on {', '.join(shown[clause])}."
        for clause in sorted(shown.keys() - clauses.keys())
    ]
    return lines, untested + unknown
