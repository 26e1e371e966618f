"""What the README shows is so: its table of settings, and its example of embedding."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from orders_flask import settings

README = Path(__file__).parents[3] / "README.md"
EXAMPLE = re.compile(r"```python\n(.*?)```\n\nIt prints `([^`]*)` and `([^`]*)`", re.DOTALL)


def test_the_table_of_settings_is_that_of_the_code() -> None:
    settings_on = README.read_text().partition("<!-- settings:")[2]
    shown = settings_on.partition("| --- | --- | --- |\n")[2].partition("<!-- end of settings -->")[0]

    rows = [
        f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |" for name, default, meaning in settings.table()
    ]

    assert shown.splitlines() == rows


def test_every_setting_of_the_table_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFAULT_CURRENCY", "EUR")
    monkeypatch.setenv("NEW_ORDER_QUEUE", "fresh")

    read = settings.read()

    assert (read.default_currency, read.new_order_queue) == ("EUR", "fresh")


def test_the_example_of_embedding_runs_and_prints_what_is_promised(tmp_path: Path) -> None:
    found = EXAMPLE.search(README.read_text())
    assert found, "the README has an example of embedding"
    code, *promised = found.groups()

    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert len(code.splitlines()) <= 30
    assert ran.stdout.splitlines() == promised
