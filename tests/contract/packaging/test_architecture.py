"""Architecture rules: each import contract detects a planted breach, and the code satisfies all of them."""

import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.outbox.shard_lock import acquire_shards

ROOT = Path(__file__).parents[3]
BREACHES = [
    ("orders_domain.model.values.money", "orders_adapters.system.clock", "Arrows point inwards"),
    ("orders_adapters.memory.order_cache", "orders_flask.settings", "Arrows point inwards"),
    ("orders_domain.model.order", "orders_domain.use_cases.orders.get_order", "Inside the domain"),
    ("orders_domain.model.values.money", "orders_domain.ports.clock", "Inside the domain"),
    ("orders_domain.model.values.money", "orders_domain.model.order", "Inside the model"),
    ("orders_adapters.redis.order_cache", "orders_adapters.sql.engine.engine", "Technologies do not know each other"),
    ("orders_adapters.memory.order_cache", "orders_adapters.testing.examples", "Technologies do not know each other"),
    ("orders_adapters.memory.outbox", "pytest", "pytest and Hypothesis live"),
    ("orders_flask.web.etags", "orders_flask.bootstrap.container", "Inside Flask"),
    ("orders_flask.settings", "orders_flask.observability.metrics", "Inside Flask"),
    ("orders_flask.web.context", "orders_adapters.sql.engine.engine", "Only the composition root"),
    ("orders_flask.contracts.orders.routes", "orders_flask.contracts.management.errors", "Published contracts do not"),
    ("orders_adapters.sql.idempotency_keys", "flask", "HTTP is rendered"),
    ("orders_flask.web.context", "sqlalchemy", "SQLAlchemy, psycopg and Alembic"),
    ("orders_adapters.memory.store", "redis", "redis lives"),
    ("orders_adapters.redis.client", "pybreaker", "pybreaker lives"),
    ("orders_adapters.security.jwks", "urllib3", "urllib3 lives"),
    ("orders_adapters.smtp.notifier", "jinja2", "Jinja lives"),
    ("orders_adapters.smtp.notifier", "idna", "idna lives"),
    ("orders_flask.workers.outbox_relay", "pika", "pika lives"),
    ("orders_adapters.memory.message_consumer", "confluent_kafka", "confluent-kafka lives"),
    ("orders_flask.web.context", "celery", "Celery lives"),
    ("orders_flask.web.authentication", "jwt", "PyJWT and argon2 live"),
    ("orders_flask.contracts.checkout.translate", "rfc8785", "PyJWT and argon2 live"),
    ("orders_flask.web.context", "dependency_injector", "dependency-injector lives"),
]

FOR_TYPES_ONLY = [("orders_flask.web.pagination", "redis", "redis lives")]
CIRCLES = [("orders_adapters.sql", "tables", "orders"), ("orders_flask.web", "problems", "error_handlers")]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources and the import contracts, to be modified."""
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


@pytest.fixture(scope="module")
def clean_report(copy: Path) -> str:
    return linted(copy)


@pytest.fixture(scope="module")
def report(copy: Path, clean_report: str) -> str:
    """The report on all breaches; each is appended to its module after `clean_report` was taken."""
    breaches = [(importer, f"import {imported}") for importer, imported, _ in BREACHES]
    breaches += [(importer, f"if TYPE_CHECKING:\n    import {imported}") for importer, imported, _ in FOR_TYPES_ONLY]
    breaches += [(f"{package}.{importer}", f"import {package}.{imported}") for package, importer, imported in CIRCLES]
    for importer, statement in breaches:
        with (copy / "src" / f"{importer.replace('.', '/')}.py").open("a") as module:
            module.write(f"\n{statement}\n")
    return linted(copy)


def test_import_contracts_are_satisfied(clean_report: str) -> None:
    assert " 0 broken." in clean_report


@pytest.mark.parametrize(("importer", "imported", "contract"), [*BREACHES, *FOR_TYPES_ONLY])
def test_import_contract_breach_is_reported(report: str, importer: str, imported: str, contract: str) -> None:
    _, _, broken = report.partition("Broken contracts")
    _, name, section = broken.partition(f"\n{contract}")

    assert name, report
    assert f"{importer} -> {imported} " in re.split(r"\n-{5,}\n", section)[1], section


@pytest.mark.parametrize(("package", "importer", "imported"), CIRCLES)
def test_circle_among_modules_is_reported(report: str, package: str, importer: str, imported: str) -> None:
    _, heading, section = report.partition(f"No cycles are allowed in {package}.")

    assert heading, report
    assert f"-> .{imported} " in section or f"-> .{importer} " in section


def test_every_import_contract_has_a_breach_case(report: str) -> None:
    contracts = [line.removesuffix(" BROKEN") for line in report.splitlines() if line.endswith((" BROKEN", " KEPT"))]

    caught = [*(name for _, _, name in BREACHES), "No package has a circle"]

    assert " KEPT" not in report
    assert [contract for contract in contracts if not any(contract.startswith(name) for name in caught)] == []


def test_generated_files_are_ignored_by_git(tmp_path: Path) -> None:
    engine = engines.create(f"sqlite:///{tmp_path}/orders.db")
    ignored = (ROOT / ".gitignore").read_text().split()

    with engine.begin() as connection, acquire_shards(engine, [0]):
        connection.exec_driver_sql("CREATE TABLE t (n)")
        left = sorted(file.name for file in tmp_path.iterdir())
    engine.dispose()

    assert {"orders.db", "orders.db-wal", "orders.db.relay"} <= set(left)
    assert [name for name in left if not any(fnmatch(name, pattern) for pattern in ignored)] == []


@pytest.mark.clause("001-09")
def test_ruff_is_clean_and_coverage_enforced() -> None:
    ruff = Path(sys.executable).with_name("ruff")

    for command in (["check"], ["format", "--check"]):
        ran = subprocess.run([ruff, *command, "--no-cache", "."], cwd=ROOT, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout
    planned = subprocess.run(["make", "--dry-run", "deep"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "--cov-fail-under=97" in planned.stdout


def test_test_tiers_do_not_import_each_other() -> None:
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
