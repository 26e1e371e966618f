"""Database URLs: accepted schemes, and the options of a connection."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.engine import postgresql


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_postgresql_scheme_is_accepted(scheme: str) -> None:
    engine = engines.create(f"{scheme}://ada:secret@db.example/orders")

    assert engine.url.drivername == "postgresql+psycopg"
    assert (engine.url.host, engine.url.password, engine.url.database) == ("db.example", "secret", "orders")


def test_url_options_override_defaults() -> None:
    engine = engines.create(
        "postgresql://db/orders?application_name=night&connect_timeout=9&options=-c%20lock_timeout=7s"
    )

    assert engine.url.query["application_name"] == "night"
    assert engine.url.query["connect_timeout"] == "9"
    options = postgresql.connector_of(engine).startup_options
    assert options.index("lock_timeout=3s") < options.index("lock_timeout=7s")  # the last option counts
    assert "timezone=UTC" in options


@pytest.mark.parametrize(
    "address", ["mysql://ada:secret@db/orders", "postgresql://ada:secret@db:port/orders", "orders"]
)
def test_other_schemes_are_rejected_without_password(address: str) -> None:
    with pytest.raises(ValueError, match="database") as refused:
        engines.create(address)

    assert "secret" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ("schema=shop", "must not have the option 'schema': set DATABASE_SCHEMA instead"),
        ("sslmode=require&pool_size=5", "must not have the option 'pool_size': the size follows from ORDERS_THREADS"),
        ("sslmod=require", "must not have the option 'sslmod': the options of libpq are allowed, such as sslmode"),
    ],
)
def test_options_of_other_tools_are_refused_with_advice(options: str, advice: str) -> None:
    with pytest.raises(ValueError, match=advice):
        engines.create(f"postgresql://db/orders?{options}")


def test_options_of_libpq_are_accepted() -> None:
    engine = engines.create("postgresql://db/orders?sslmode=require&target_session_attrs=read-write")

    assert engine.url.query["sslmode"] == "require"


def test_sqlite_is_durable_with_foreign_keys(tmp_path: Path) -> None:
    engine = engines.create(f"sqlite:///{tmp_path}/orders.db")

    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()

    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


def test_error_of_a_statement_hides_its_values() -> None:
    engine = engines.create("sqlite://")

    with engine.connect() as connection, pytest.raises(StatementError) as failed:
        connection.execute(text("SELECT * FROM missing WHERE name = :name"), {"name": "Ada Lovelace"})

    assert "SELECT * FROM missing" in str(failed.value)
    assert "Ada Lovelace" not in str(failed.value)
