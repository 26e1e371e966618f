"""Schemathesis run against a real server: every operation, every check."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.contract.http.documentation import openapi_exceptions
from tests.support.server import Served

# The default statuses for invalid data lack 413, the response to a large body, 428, that to a missing If-Match, and
# 429, that to many logins; those for valid data lack 412, the response to any If-Match but the current one.
CONFIGURATION = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428, 429]

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 412, 429, "5xx"]
"""
# The default checks, and the check of `openapi_exceptions` for the stated reasons. A Range may not be satisfiable.
EXCEPTION = """
[[operations]]
include-name = "{operation}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", 400, 401, 403, 404, 409, 412, 416, 422, 429, "5xx"]
"""


TOLERANT = {
    "POST /v1/imports/": "a body that is a text cannot have another type: a number is one, too",
    "GET /v1/imports/{job_id}/refused-lines": "a Range that is not valid is ignored (RFC 9110, 14.2)",
    "GET /v1/exports/{job_id}/file": "likewise",
}
"""Operations that accept what the schema does not allow, and the reason."""
TOLERATED = """
checks.negative_data_rejection.expected-statuses = ["2xx", "3xx", 400, 401, 403, 404, 409, 413, 415, 422, 429]
"""

PATHS = ["/orders/", "/api/v1/orders/", "/api/v1/products/", "/ostore/orders/", "/api/orders/", "/auth/", "/v1/"]


@pytest.mark.clause("001-07", "002-20")
def test_quick_fuzzing_matches_the_document(served: Served, tmp_path: Path) -> None:
    """Without the logout, which revokes the token of the run; the deep run sends it."""
    assert_keeps_its_promises(
        served, tmp_path, "/(?!auth/logout)", "--phases", "examples,fuzzing", "--max-examples", "2"
    )


@pytest.mark.deep
@pytest.mark.parametrize("paths", PATHS)
def test_deep_fuzzing_matches_the_document(served: Served, tmp_path: Path, paths: str) -> None:
    assert_keeps_its_promises(served, tmp_path, paths, "--max-examples", "50", "--max-time", "120")


def assert_keeps_its_promises(served: Served, directory: Path, paths: str, *extent: str) -> None:
    exceptions = "".join(
        EXCEPTION.format(operation=operation) + (TOLERATED if operation in TOLERANT else "")
        for operation in openapi_exceptions.REASONS.keys() | TOLERANT
    )
    (directory / "schemathesis.toml").write_text(CONFIGURATION + exceptions)
    program = Path(sys.executable).with_name("schemathesis")
    command = [
        str(program), "run", f"{served.url}/openapi.json",
        "--header", f"Authorization: Bearer {served.token('root', '--role', 'admin')}",
        "--include-path-regex", f"^{paths}",
        "--checks", "all",
        "--seed", "2026",
        "--generation-database", "none",
        "--no-color",
        *extent,
    ]  # fmt: skip
    hooks = {"SCHEMATHESIS_HOOKS": openapi_exceptions.__name__, "PYTHONPATH": os.pathsep.join(sys.path)}
    around = os.environ | hooks | {"COLUMNS": "120"}

    run = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=240, env=around)

    assert run.returncode == 0, run.stdout[-12_000:] + run.stderr[-2_000:]
    assert "Traceback" not in served.output


def test_fuzzing_covers_every_operation(served: Served) -> None:
    with urlopen(f"{served.url}/openapi.json") as document:
        paths = json.load(document)["paths"]
    operations = {f"{method.upper()} {path}" for path, ways in paths.items() for method in ways.keys() - {"parameters"}}

    assert openapi_exceptions.REASONS.keys() | TOLERANT <= operations
    assert all(path.startswith(tuple(PATHS)) for path in paths)


def test_every_list_may_refuse_an_invented_cursor(served: Served) -> None:
    with urlopen(f"{served.url}/openapi.json") as document:
        paths = json.load(document)["paths"]
    lists = [
        f"{method.upper()} {path}"
        for path, ways in paths.items()
        for method in ways.keys() - {"parameters"}
        if any(parameter.get("name") == "cursor" for parameter in ways[method].get("parameters", ()))
    ]

    reasons = {operation: openapi_exceptions.REASONS.get(operation, "") for operation in lists}
    assert len(lists) >= 7
    assert [name for name, reason in reasons.items() if openapi_exceptions.CURSOR not in reason] == []
