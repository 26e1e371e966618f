"""Documents of the Python client: generated modules are current, and the examples run."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

from tools.client import PACKAGE, generated

from tests.contract.client.programs import CLIENT, run
from tests.support.server import Served

ROOT = CLIENT.parents[1]
PRINTED = {
    CLIENT / "README.md": ["confirmed 7500 2", "412 version_mismatch 2", "not_allowed"],
    ROOT / "docs" / "howto" / "use-the-python-client.md": ["pending 7500"],
}


def test_generated_modules_are_current(served: Served) -> None:
    """If this fails: `make reference`."""
    with urlopen(f"{served.url}/openapi.json") as document:
        sources = generated(json.load(document))

    assert {name: (PACKAGE / name).read_text() for name in sources} == sources


def test_documented_examples_run(served: Served, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as connection:
        connection.execute("CREATE TABLE sales (order_id TEXT, total_minor INTEGER)")
        first = f"token = {served.token('root', '--role', 'admin')!r}\n"

        for page, printed in PRINTED.items():
            program = first + "".join(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL))
            output = run(program.replace("http://127.0.0.1:8000", served.url), here=tmp_path).splitlines()
            for line, expected in zip(output[: len(printed)], printed, strict=True):
                assert line.startswith(expected)

        sales = connection.execute("SELECT total_minor FROM sales").fetchall()
    assert {total for (total,) in sales} == {7500}
