"""Makefile targets: missing network, failing installation and occupied port."""

import os
import shutil
import socket
import subprocess
import sys
import venv
from pathlib import Path

import pip
import pytest

import orders_flask
from tests.support.command import environment

ROOT = Path(__file__).parents[3]


def make(*arguments: str, here: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    # Under `make test` these variables would make this make a child of the outer one.
    outer = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    variables = {name: value for name, value in environment(**variables).items() if name not in outer}
    return subprocess.run(["make", *arguments], cwd=here, env=variables, capture_output=True, text=True, timeout=120)


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A checkout with an empty .venv and the pip of this environment."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    venv.create(tmp_path / ".venv", symlinks=True)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "pip").symlink_to(Path(pip.__file__).parent)
    return tmp_path


def test_install_without_network_is_explained(fresh: Path) -> None:
    nowhere = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": "",
        "PIP_INDEX_URL": "http://127.0.0.1:1/",
        "PIP_RETRIES": "1",
    }

    ended = make(".venv/run.stamp", here=fresh, PYTHONPATH=str(fresh / "lib"), **nowhere)

    sentence, verdict = ended.stderr.splitlines()
    assert sentence == "The network is missing: pip cannot reach its package index (see .venv/pip.log)."
    assert verdict.startswith("make: ***")
    assert not (fresh / ".venv" / "run.stamp").exists()


def test_install_failure_shows_its_cause(fresh: Path) -> None:
    (fresh / "requirements" / "run.txt").write_text("no-such-package-of-orders\n")

    ended = make(
        ".venv/run.stamp", here=fresh, PYTHONPATH=str(fresh / "lib"), PIP_CONFIG_FILE=os.devnull, PIP_NO_INDEX="1"
    )

    assert ended.returncode != 0
    assert "no-such-package-of-orders" in ended.stderr
    assert "network is missing" not in ended.stderr


def test_first_install_announces_its_duration(fresh: Path) -> None:
    output = make("--dry-run", "run", here=fresh).stdout

    assert "Installing what the service needs into .venv: once, about a minute" in output


def test_busy_port_error_names_make_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        ended = make("-o", ".venv/run.stamp", "run", f"BIN={Path(sys.executable).parent}", f"PORT={port}")

    message = ended.stderr.splitlines()[0]
    assert message.startswith(f"Error: Cannot listen on 127.0.0.1:{port}:")
    assert message.endswith(f"Use another port with make run PORT={port + 1}.")


def test_tests_import_the_checkout() -> None:
    """An installed copy, for example after `pip install .`, replaces the editable installation."""
    assert Path(orders_flask.__file__).is_relative_to(ROOT / "src")
