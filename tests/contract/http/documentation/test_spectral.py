"""Spectral's rules for OpenAPI, with the exceptions of .spectral.yaml; and types for TypeScript."""

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
    node.installed("@stoplight/spectral-cli", "6.16.3", within=document.parent)
    program = document.parent / "node_modules" / ".bin" / "spectral"
    strict = ["--fail-severity", "hint", "--format", "json"]

    linted = subprocess.run(
        [program, "lint", document, "--ruleset", RULES, *strict], capture_output=True, text=True, timeout=240
    )

    assert (linted.stdout[:2], linted.returncode) == ("[]", 0), linted.stdout + linted.stderr


@pytest.mark.deep
def test_document_has_types_for_typescript(document: Path) -> None:
    folder = document.parent
    generator, compiler = (folder / name for name in ("generator", "compiler"))  # npm removes what it did not install
    for place in (generator, compiler):
        place.mkdir()
    node.installed("openapi-typescript", "7.13.0", within=generator)
    node.installed("typescript", "5.9.3", within=compiler)

    subprocess.run(
        [generator / "node_modules/.bin/openapi-typescript", document, "--output", "orders.d.ts"],
        cwd=folder,
        check=True,
        timeout=240,
    )
    (folder / "order.ts").write_text(
        'import type { paths } from "./orders";\n'
        'type Cart = paths["/api/orders/"]["post"]["requestBody"]["content"]["application/json"];\n'
        'export const at: Cart["cartSnapshot"]["createdAt"] = "2030-05-17T12:31:07.000Z";\n'
    )
    checked = subprocess.run(
        [compiler / "node_modules/.bin/tsc", "--strict", "--noEmit", "order.ts"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
    )

    assert (checked.stdout, checked.returncode) == ("", 0)
