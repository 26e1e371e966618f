"""The rules of the house are watched: breaches of each import contract are planted and caught; the code is clean."""

import os
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from orders_adapters.sql import engine as engines
from orders_adapters.sql.turns import turn

ROOT = Path(__file__).parents[2]
BREACHES = [
    ("orders_domain/money.py", "import orders_adapters.system.clock", "Arrows point inwards"),
    ("orders_adapters/memory/cache.py", "import orders_flask.settings", "Arrows point inwards"),
    ("orders_domain/order.py", "import orders_domain.use_cases.get_order", "Inside the domain"),
    ("orders_domain/money.py", "import orders_domain.ports.clock", "Inside the domain"),
    ("orders_adapters/redis/cache.py", "import orders_adapters.sql.engine", "Technologies do not know each other"),
    ("orders_flask/web/core.py", "import orders_adapters.sql.engine", "Only the container and its parts"),
    ("orders_flask/contracts/orders/routes.py", "import orders_flask.contracts.management.errors", "contracts do not"),
    ("orders_flask/web/core.py", "import sqlalchemy", "SQLAlchemy, psycopg and Alembic"),
    ("orders_adapters/memory/store.py", "import redis", "redis lives"),
    ("orders_adapters/security/jwks.py", "import urllib3", "urllib3 lives"),
    ("orders_flask/workers/relay.py", "import pika", "pika lives"),
    ("orders_adapters/memory/inlet.py", "import confluent_kafka", "confluent-kafka lives"),
    ("orders_flask/web/bearer.py", "import jwt", "PyJWT and argon2 live"),
    ("orders_flask/contracts/checkout/translate.py", "import rfc8785", "canonical JSON"),
    ("orders_flask/web/core.py", "import dependency_injector", "dependency-injector lives"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources and the contracts, to be spoilt."""
    directory = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "src", directory / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", directory)
    return directory


def linted(directory: Path) -> str:
    ran = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo"],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(directory / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return ran.stdout + ran.stderr


def test_the_code_keeps_every_import_contract(copy: Path) -> None:
    assert "0 broken" in linted(copy)


@pytest.mark.parametrize(("file", "line", "contract"), BREACHES)
def test_a_breach_of_an_import_contract_is_caught_by_its_name(copy: Path, file: str, line: str, contract: str) -> None:
    spoilt = copy / "src" / file
    good = spoilt.read_text()
    spoilt.write_text(f"{good}\n{line}\n")

    try:
        told = linted(copy)
    finally:
        spoilt.write_text(good)

    broken = [row for row in told.splitlines() if row.endswith("BROKEN")]
    assert any(contract in row for row in broken), told


def test_what_the_service_leaves_in_a_checkout_is_ignored_by_git(tmp_path: Path) -> None:
    engine = engines.create(f"sqlite:///{tmp_path}/orders.db")
    ignored = (ROOT / ".gitignore").read_text().split()

    with engine.begin() as connection, turn(engine, shard=0):
        connection.exec_driver_sql("CREATE TABLE t (n)")
        left = sorted(file.name for file in tmp_path.iterdir())
    engine.dispose()

    assert {"orders.db", "orders.db-wal", "orders.db.relay"} <= set(left)
    assert [name for name in left if not any(fnmatch(name, pattern) for pattern in ignored)] == []


@pytest.mark.clause("001-09")
def test_ruff_finds_nothing_and_coverage_is_measured() -> None:
    ruff = Path(sys.executable).with_name("ruff")

    for command in (["check"], ["format", "--check"]):
        ran = subprocess.run([ruff, *command, "--no-cache", "."], cwd=ROOT, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout
    planned = subprocess.run(["make", "--dry-run", "test"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "--cov" in planned.stdout


def test_no_tier_of_tests_imports_another() -> None:
    tiers = {"unit", "contract", "torture"}

    foreign = [
        f"{file.relative_to(ROOT)}: {line}"
        for tier in tiers
        for file in (ROOT / "tests" / tier).rglob("*.py")
        for line in file.read_text().splitlines()
        for other in tiers - {tier}
        if line.startswith((f"from tests.{other}", f"import tests.{other}"))
    ]

    assert foreign == []
