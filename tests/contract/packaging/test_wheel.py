"""Wheel: complete enough to migrate a database outside a checkout, with type information."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.command import environment

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that an installation of the wheel creates."""
    built, installed = tmp_path_factory.mktemp("built"), tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(built)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        wheel.extractall(installed)
    return installed


def test_installed_wheel_migrates_a_database(installed: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    variables = environment(PYTHONPATH=str(installed), DATABASE_URL=url)

    ran = subprocess.run(
        [sys.executable, "-m", "orders_flask", "migrate"], cwd=tmp_path, env=variables, capture_output=True, text=True
    )
    where = subprocess.run(
        [sys.executable, "-c", "import orders_adapters.sql.migrate as m; print(m.directory())"],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("The database is at 0")
    assert Path(where.stdout.strip()).is_relative_to(installed), "the wheel's own migrations were used"


def test_wheel_has_types_license_and_no_tests(installed: Path) -> None:
    names = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}

    assert {f"orders_{part}/py.typed" for part in ("domain", "adapters", "flask")} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    console = ("static/console.css", "static/htmx.min.js", "static/htmx.LICENSE.txt", "templates/console/orders.html")
    assert {f"orders_flask/console/{file}" for file in console} <= names
    assert not [name for name in names if name.startswith(("tests", "src", "migrations")) or ".db" in name]
