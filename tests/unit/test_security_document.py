"""docs/security.md: each risk of the OWASP API Security Top 10 (2023) names tests that exist."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)


def test_every_risk_names_a_test() -> None:
    rows = [line.split("|") for line in PAGE.splitlines() if line.startswith("| API")]

    assert [row[1].split()[0] for row in rows] == [f"API{number}" for number in range(1, 11)]
    assert all("`tests/" in row[3] for row in rows)


def test_named_tests_exist() -> None:
    missing = [f"{file}::{name}" for file, name in NAMED if not _has(ROOT / file, name)]

    assert NAMED
    assert missing == []


def _has(file: Path, name: str) -> bool:
    if not file.is_file():
        return False
    functions = {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)}
    return name in functions if name else any(function.startswith("test_") for function in functions)
