"""TypeScript client of openapi-fetch, with types generated from the OpenAPI document: type-checked, and used."""

import json
import shutil
import subprocess
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.contract.http.checkout.carts import cart
from tests.support.secrets import CART_SECRET
from tests.support.server import Served
from tests.support.servers import node

PACKAGES = ("openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3", "@types/node@20.19.43")
CLIENT = Path(__file__).with_name("client.ts")
STRICT = ["--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "nodenext", "--types", "node"]


@pytest.mark.deep
def test_typescript_client_type_checks_and_works(tmp_path: Path) -> None:
    programs = node.installed(*PACKAGES, within=tmp_path) / ".bin"
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(CLIENT, tmp_path)
    with Served(tmp_path, CART_SNAPSHOT_SECRET=CART_SECRET) as served:
        with urlopen(f"{served.url}/openapi.json") as document:
            (tmp_path / "openapi.json").write_bytes(document.read())

        run(tmp_path, programs / "openapi-typescript", "openapi.json", "--default-non-nullable=false",
            "--output", "orders.d.ts")  # fmt: skip
        checked = run(tmp_path, programs / "tsc", *STRICT, CLIENT.name)
        tokens = served.token("ann"), served.token("root", "--role", "admin")
        used = run(tmp_path, "node", "client.js", served.url, *tokens, json.dumps(cart("ann")))

    assert checked == ""
    assert int(used) >= 20


def run(folder: Path, program: Path | str, *arguments: str) -> str:
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
    return done.stdout
