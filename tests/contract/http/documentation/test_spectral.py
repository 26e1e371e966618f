"""Spectral's rules for OpenAPI, with the exceptions of .spectral.yaml."""

import subprocess
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.support.server import Served
from tests.support.servers import node

ROOT = Path(__file__).parents[4]
RULES = ROOT / ".spectral.yaml"


@pytest.fixture
def document(served: Served, tmp_path: Path) -> Path:
    with urlopen(f"{served.url}/openapi.json") as response:
        (tmp_path / "openapi.json").write_bytes(response.read())
    return tmp_path / "openapi.json"


@pytest.mark.deep
def test_document_passes_the_rules_of_spectral(document: Path) -> None:
    node.installed("@stoplight/spectral-cli@6.16.3", within=document.parent)
    program = document.parent / "node_modules" / ".bin" / "spectral"
    strict = ["--fail-severity", "hint", "--format", "json"]

    linted = subprocess.run(
        [program, "lint", document, "--ruleset", RULES, *strict], capture_output=True, text=True, timeout=240
    )

    assert (linted.stdout[:2], linted.returncode) == ("[]", 0), linted.stdout + linted.stderr
