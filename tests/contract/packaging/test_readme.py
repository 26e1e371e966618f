"""README: the embedding example runs, and the links resolve."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from orders_flask import settings
from orders_flask.contracts import CONTRACTS

README = Path(__file__).parents[3] / "README.md"
EXAMPLE = re.compile(r"```python\n(.*?)```\n\nIt prints `([^`]*)` and `([^`]*)`", re.DOTALL)


def test_documented_setting_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEFAULT_CURRENCY", "EUR")
    monkeypatch.setenv("NEW_ORDER_QUEUE", "fresh")

    read = settings.load()

    assert (read.default_currency, read.new_order_queue) == ("EUR", "fresh")


def test_readme_embedding_example_runs(tmp_path: Path) -> None:
    example = EXAMPLE.search(README.read_text())
    assert example, "the README has an example of embedding"
    code, *promised = example.groups()

    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert len(code.splitlines()) <= 30
    assert ran.stdout.splitlines() == promised


def test_readme_links_resolve() -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", README.read_text())

    missing = [target for target in targets if not (README.parent / target).is_file()]

    assert targets
    assert missing == []


def test_readme_lists_every_contract() -> None:
    choices = README.read_text().partition("choose this contract if |\n| --- | --- | --- |\n")[2].partition("\n\n")[0]

    assert {row.split("`")[1] for row in choices.splitlines()} == set(CONTRACTS)


def test_readme_retains_editable_installation() -> None:
    pages = [README, *(README.parent / "docs").rglob("*.md")]
    installed = [what for page in pages for what in re.findall(r"pip install ([^`\n]*)", page.read_text())]

    assert installed
    assert [what for what in installed if what.strip("'").startswith(".")] == []
