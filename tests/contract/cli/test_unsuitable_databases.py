"""Databases that a person has to change: every command says in one sentence what, and none shows a traceback."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from tests.support.command import assert_error_line, orders
from tests.support.servers.postgresql import PostgresServer

READING = (
    ["history", "1"],
    ["prune"],
    ["outbox", "list"],
    ["users", "list"],
    ["export", "o.csv"],
    ["restored"],
    ["demo"],
)
ALL = (["migrate"], *READING)
STRANGER = f"orders_stranger_{os.getpid()}"
"""A role without rights; with "_out" after it, one that may not connect."""


def administer(url: str, *statements: str) -> None:
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture(scope="module")
def roles(postgres_server: PostgresServer) -> Iterator[None]:
    names = {STRANGER: "LOGIN", f"{STRANGER}_out": "NOLOGIN"}
    administer(postgres_server.url, *(f"CREATE ROLE {name} {login}" for name, login in names.items()))
    yield
    administer(postgres_server.url, *(f"DROP ROLE {name}" for name in names))


@pytest.fixture(scope="module", params=["LATIN1", "SQL_ASCII"])
def in_another_encoding(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> Iterator[str]:
    name = f"{make_url(postgres_server.url).database}_{request.param.lower()}"
    administer(postgres_server.url, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{request.param}' LOCALE 'C'")
    yield make_url(postgres_server.url).set(database=name).render_as_string(hide_password=False)
    administer(postgres_server.url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("command", [*ALL, ["serve"], ["demo", "--port", "1"]], ids=" ".join)
def test_other_encoding_is_refused(command: list[str], in_another_encoding: str, tmp_path: Path) -> None:
    ended = orders(*command, here=tmp_path, DATABASE_URL=in_another_encoding)

    assert_error_line(ended, "must have the encoding UTF8", "CREATE DATABASE orders ENCODING 'UTF8'")


def test_doctor_names_the_encoding(in_another_encoding: str, tmp_path: Path) -> None:
    ended = orders("doctor", here=tmp_path, DATABASE_URL=in_another_encoding)

    assert ended.returncode == 1
    assert "database   The database must have the encoding UTF8" in ended.stdout
    assert ended.stderr == ""


@pytest.mark.usefixtures("roles")
@pytest.mark.parametrize("command", ALL, ids=" ".join)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"database": "no_such_database"}, 'database "no_such_database" does not exist'),
        ({"username": f"{STRANGER}_out"}, f'role "{STRANGER}_out" is not permitted to log in'),
        ({"port": 1}, "connection refused"),
    ],
    ids=["no database", "no login", "no server"],
)
def test_failed_connection_has_its_reason(
    command: list[str], change: dict[str, Any], reason: str, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    url = make_url(postgres_server.url).set(password="hunter22", **change).render_as_string(hide_password=False)

    ended = orders(*command, here=tmp_path, DATABASE_URL=url)

    assert_error_line(ended, "The store is unavailable or too slow")
    assert reason in ended.stderr.replace("Connection", "connection")
    assert "hunter22" not in ended.stderr


@pytest.mark.usefixtures("roles")
def test_missing_rights_are_named(copied_postgresql: str, tmp_path: Path) -> None:
    url = make_url(copied_postgresql).set(username=STRANGER).render_as_string(hide_password=False)
    for command in READING:
        assert_error_line(orders(*command, here=tmp_path, DATABASE_URL=url), "role lacks a right", "permission denied")

    administer(copied_postgresql, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {STRANGER}")
    administer(copied_postgresql, f"GRANT INSERT ON orders TO {STRANGER}")
    examined = orders("doctor", here=tmp_path, DATABASE_URL=url)
    administer(copied_postgresql, f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {STRANGER}")

    assert examined.returncode == 1
    assert "database   The role lacks rights: " in examined.stdout
    assert "INSERT on outbox" in examined.stdout
    assert "INSERT on orders," not in examined.stdout


@pytest.mark.usefixtures("roles")
@pytest.mark.parametrize("schema", ["", "shop"])
def test_migration_without_rights_is_refused(schema: str, postgres_server: PostgresServer, tmp_path: Path) -> None:
    url = postgres_server.database()
    administer(url, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    stranger = make_url(url).set(username=STRANGER).render_as_string(hide_password=False)

    ended = orders("migrate", here=tmp_path, DATABASE_URL=stranger, **({"DATABASE_SCHEMA": schema} if schema else {}))
    postgres_server.drop(url)

    assert_error_line(ended, "role lacks a right", "permission denied for")


def test_read_only_database_is_named(copied_postgresql: str, tmp_path: Path) -> None:
    name = make_url(copied_postgresql).database
    administer(copied_postgresql, f"ALTER DATABASE {name} SET default_transaction_read_only = on")

    pruned = orders("restored", here=tmp_path, DATABASE_URL=copied_postgresql)
    examined = orders("doctor", here=tmp_path, DATABASE_URL=copied_postgresql)
    read = orders("outbox", "list", here=tmp_path, DATABASE_URL=copied_postgresql)

    assert_error_line(pruned, "The store is read-only; the address must be that of the primary server")
    assert (examined.returncode, read.returncode) == (1, 0)
    assert "database   The database is read-only; DATABASE_URL must be" in examined.stdout


@pytest.mark.parametrize("backend", ["postgresql", "sqlite"])
def test_tables_of_others_are_left_alone(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    server: PostgresServer | None = request.getfixturevalue("postgres_server") if backend == "postgresql" else None
    url = server.database() if server else f"sqlite:///{tmp_path}/theirs.db"
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in ("users", "orders", "alembic_version"):
            connection.execute(text(f"CREATE TABLE {table} (theirs INTEGER)"))

    migrated = orders("migrate", here=tmp_path, DATABASE_URL=url)
    others = [orders(*command, here=tmp_path, DATABASE_URL=url) for command in READING]
    in_a_schema = orders("migrate", here=tmp_path, DATABASE_URL=url, DATABASE_SCHEMA="shop") if server else None
    with engine.connect() as connection:
        assert connection.execute(text("SELECT orders.theirs FROM orders, users")).all() == []
    engine.dispose()
    if server:
        server.drop(url)

    assert_error_line(migrated, "did not create: orders, users;", "DATABASE_SCHEMA" if server else "another file")
    for ended in others[:-1]:
        assert_error_line(ended, "not been migrated")
    assert_error_line(others[-1])
    assert in_a_schema is None or in_a_schema.returncode == 0, in_a_schema
