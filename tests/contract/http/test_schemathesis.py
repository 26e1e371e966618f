"""What a machine makes of our OpenAPI document, sent to a running service."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.http.serving import Served

# Its list of statuses for invalid data lacks 413, which a large invalid body gets.
CONFIGURATION = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422]
"""


@pytest.mark.clause("001-07")
def test_schemathesis_finds_no_answer_that_the_document_does_not_promise(served: Served, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    program = Path(sys.executable).with_name("schemathesis")
    command = [
        str(program), "run", f"{served.url}/openapi.json",
        "--header", f"Authorization: Bearer {served.token('ann')}",
        "--include-path-regex", "^/orders/",
        "--checks", "all",
        # JSON Schema cannot say that a total is a sum, has the decimals of its currency, or that a cursor is ours.
        "--exclude-checks", "positive_data_acceptance",
        "--seed", "2026",
        "--max-examples", "25",
        "--max-time", "25",
        "--generation-database", "none",
        "--no-color",
    ]  # fmt: skip

    run = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, env=os.environ | {"COLUMNS": "120"}
    )

    assert run.returncode == 0, run.stdout[-12_000:] + run.stderr[-2_000:]
    assert "Traceback" not in served.output
