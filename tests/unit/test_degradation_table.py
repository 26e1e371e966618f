"""docs/operations.md: each cell of the degradation table is there, and names a test that exists."""

import ast
import re
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[2]
NEIGHBOURS = ("Redis", "RabbitMQ", "PostgreSQL", "catalogue", "shipments", "JWKS", "Kafka", "SMTP", "SMS")
CONDITIONS = ("down", "frozen", "slow", "refuses writes")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "operations.md").read_text().splitlines()
    if line.startswith(tuple(f"| {name} | " for name in NEIGHBOURS))
]


def test_every_cell_is_described() -> None:
    cells = [(row[0], condition.strip()) for row in ROWS for condition in row[1].split(",")]

    assert sorted(cells) == sorted(product(NEIGHBOURS, CONDITIONS))
    assert all(len(row) == 6 and all(row) for row in ROWS)


def test_every_cell_names_an_existing_test() -> None:
    named = [re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row[5]) for row in ROWS]
    missing = [f"{file}::{name}" for tests in named for file, name in tests if not _has(ROOT / file, name)]

    assert missing == []
    assert all(tests or row[5].startswith("nothing is written") for tests, row in zip(named, ROWS, strict=True))


def _has(file: Path, name: str) -> bool:
    tree = ast.parse(file.read_text()) if file.is_file() else ast.Module([], [])
    return name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
