"""orders migrate"""

from pathlib import Path

import pytest

from orders_adapters.sql import migrate
from tests.support.command import assert_error_line, orders
from tests.support.servers.postgresql import PostgresServer

HEAD = max(path.name[:4] for path in migrate.directory().glob("versions/0*.py"))


def test_empty_database_is_migrated_and_reverted(tmp_path: Path) -> None:
    first, second = orders("migrate", here=tmp_path), orders("migrate", here=tmp_path)
    back = orders("migrate", "--down", "--to", "base", here=tmp_path)

    assert [(ended.returncode, ended.stderr) for ended in (first, second, back)] == [(0, "")] * 3
    assert first.stdout == second.stdout == f"The database is at {HEAD}.\n"
    assert back.stdout == "The database is at base.\n"
    assert (tmp_path / "orders.db").is_file()


def test_schema_is_migrated_and_examined(tmp_path: Path, postgres_server: PostgresServer) -> None:
    url = postgres_server.database()
    migrate.upgrade(url)  # another deployment, in public

    before = orders("doctor", here=tmp_path, DATABASE_URL=url, DATABASE_SCHEMA="shop")
    migrated = orders("migrate", here=tmp_path, DATABASE_URL=url, DATABASE_SCHEMA="shop")
    after = orders("doctor", here=tmp_path, DATABASE_URL=url, DATABASE_SCHEMA="shop")
    checked = orders("migrate", "--check", here=tmp_path, DATABASE_URL=url, DATABASE_SCHEMA="shop")
    postgres_server.drop(url)

    assert "Pending migrations: 0001" in before.stdout
    assert (migrated.returncode, migrated.stdout) == (0, f"The database is at {HEAD}.\n")
    assert "database   ok" in after.stdout, after
    assert checked.stdout == "No drift.\n"


def test_schema_on_sqlite_is_an_error_line(tmp_path: Path) -> None:
    ended = orders("migrate", here=tmp_path, DATABASE_SCHEMA="shop")

    assert_error_line(ended, "DATABASE_SCHEMA must only be set if the database is PostgreSQL")


def test_check_finds_no_drift_and_writes_nothing(tmp_path: Path) -> None:
    checked = orders("migrate", "--check", here=tmp_path)

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "No drift.\n", "")
    assert list(tmp_path.iterdir()) == []


def test_migrate_prints_the_current_revision(tmp_path: Path) -> None:
    head = orders("migrate", here=tmp_path).stdout
    forgotten = orders("migrate", "--to", "0011", here=tmp_path)
    back = orders("migrate", "--down", "--to", "0011", here=tmp_path)
    further = orders("migrate", "--down", "--to", "-1", here=tmp_path)
    nowhere = orders("migrate", "--to", "", here=tmp_path)

    assert forgotten.stdout == head == f"The database is at {HEAD}.\n"
    assert (back.stdout, further.stdout) == ("The database is at 0011.\n", "The database is at 0010.\n")
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert "--to must be a revision" in nowhere.stderr


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        (["--to", "nonsense"], {}, ["nonsense"]),
        ([], {"DATABASE_URL": "memory://"}, ["DATABASE_URL", "memory://"]),
        (["--check"], {"DATABASE_URL": "memory://"}, ["DATABASE_URL", "memory://"]),
        ([], {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x"}, ["store"]),
        ([], {"DATABASE_URL": "sqlite:////no/such/folder/x.db"}, ["store", "Run: orders doctor"]),
        ([], {"DATABASE_URL": "mysql://h/x"}, ["DATABASE_URL"]),
        ([], {"DATABASE_URL": "postgresql://[::1/x"}, ["DATABASE_URL"]),
        ([], {"ORDERS_ENV": "prod"}, ["ORDERS_ENV"]),
    ],
)
def test_invalid_migration_is_an_error(
    tmp_path: Path, arguments: list[str], settings: dict[str, str], words: list[str]
) -> None:
    assert_error_line(orders("migrate", *arguments, here=tmp_path, **settings), *words)


@pytest.mark.parametrize(
    "command", [["history", "1"], ["prune"], ["outbox", "list"], ["users", "list"], ["export", "o.csv"]], ids=" ".join
)
def test_commands_on_empty_database_name_migrate(command: list[str], tmp_path: Path) -> None:
    ended = orders(*command, here=tmp_path)

    assert_error_line(ended, "not been migrated", "run: orders migrate")
