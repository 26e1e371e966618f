"""Migrations: up, down and up again, all at once, and complete."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from orders_adapters.sql import migrate
from tests.support.depth import effort

FURTHER = {
    "postgresql": """
        SELECT sequencename::text FROM pg_sequences
        UNION SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal
    """,
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
}
PROCESSES = effort(2, 4)
START = "import sys; from orders_adapters.sql import migrate; migrate.upgrade(sys.argv[1])"


@pytest.mark.clause("001-02")
def test_up_down_and_up_again_leaves_nothing_behind_and_brings_everything(
    address: str, connect: Callable[..., Engine]
) -> None:
    engine = connect(address)

    migrate.upgrade(address)
    complete = everything(engine)
    migrate.downgrade(address, "base")
    nothing = everything(engine)
    migrate.upgrade(address)

    assert {"users", "orders", "order_history", "outbox", "know_user_of_orders"} < complete
    assert nothing == {"alembic_version"}
    assert everything(engine) == complete


@pytest.mark.clause("001-01", "001-02")
def test_the_migrations_make_exactly_the_tables_of_the_code(altered: str) -> None:
    assert migrate.check(altered) == []


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE orders ADD COLUMN nickname TEXT",
        "DROP INDEX ix_orders_user_id_created_at_id",
        "DROP TABLE outbox",
    ],
)
def test_a_database_that_differs_from_the_code_is_told_apart(
    altered: str, connect: Callable[..., Engine], change: str
) -> None:
    with connect(altered).begin() as connection:
        connection.execute(text(change))

    assert migrate.check(altered) != []


GUESTS = """
    INSERT INTO orders (id, number, user_id, items, total_minor, currency, status, version, created_at, updated_at)
    VALUES ('01a1fbae6e8774f6aa47082029bc341c', 1, NULL, '[]', 1, 'USD', 'PENDING', 1, :at, :at)
"""


def test_guests_orders_survive_the_way_back_and_are_possible_again(
    altered: str, connect: Callable[..., Engine]
) -> None:
    engine, at = connect(altered), {"at": datetime(2026, 3, 14, tzinfo=UTC)}
    with engine.begin() as connection:
        connection.execute(text(GUESTS), at)

    migrate.downgrade(altered, "0007")
    with engine.begin() as connection:
        assert connection.scalars(text("SELECT user_id FROM orders")).all() == ["guest"]
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("UPDATE orders SET user_id = NULL"))
    migrate.upgrade(altered)

    with engine.begin() as connection:
        connection.execute(text("UPDATE orders SET user_id = NULL"))
    assert migrate.check(altered) == []


def test_processes_may_start_at_once(address: str, connect: Callable[..., Engine]) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", START, address], stderr=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    complaints = [process.communicate(timeout=60)[1] for process in processes]

    assert [process.returncode for process in processes] == [0] * PROCESSES, complaints
    assert migrate.pending(connect(address)) == []


def test_what_is_pending_is_known_before_and_after(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    every = sorted(path.name[:4] for path in migrate.directory().glob("versions/0*.py"))

    assert (migrate.current(engine), migrate.pending(engine)) == (None, every)
    migrate.upgrade(address, "0001")
    assert (migrate.current(engine), migrate.pending(engine)) == ("0001", every[1:])
    migrate.upgrade(address)
    assert (migrate.current(engine), migrate.pending(engine)) == (every[-1], [])


def test_a_later_release_leaves_nothing_pending_for_this_one(altered: str, connect: Callable[..., Engine]) -> None:
    engine = connect(altered)

    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    assert migrate.pending(engine) == []


def test_a_failing_migration_leaves_the_database_as_it_was(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE outbox (id INTEGER)"))  # the last table of the migration is in its way

    with pytest.raises(Exception, match="store"):
        migrate.upgrade(address)

    assert everything(engine) - {"alembic_version"} == {"outbox"}


def test_a_database_in_memory_is_migrated_through_its_engine(connect: Callable[..., Engine]) -> None:
    engine = connect("sqlite://")

    migrate.upgrade(engine)

    assert migrate.pending(engine) == []
    assert migrate.check(engine) == []


def everything(engine: Engine) -> set[str]:
    """The names of all tables and triggers, and on PostgreSQL of our sequences and functions."""
    with engine.connect() as connection:
        further = connection.scalars(text(FURTHER[engine.dialect.name])).all()
    return {*inspect(engine).get_table_names(), *further}
