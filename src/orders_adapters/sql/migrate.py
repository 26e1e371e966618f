"""Bring a database to the tables of this release, and say how far it is from them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Engine, text

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors

Database = str | Engine
"""An address, or the engine of a database that has none (SQLite in memory)."""

_TRIGGERS_THERE = {
    "postgresql": """
        SELECT tgname::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE pg_table_is_visible(tgrelid) AND tgenabled <> 'D' AND NOT tgisinternal
    """,
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
}


def upgrade(database: Database, revision: str = "head") -> None:
    """Migrate up. Several may start it at once: one does it, the others wait and find it done.

    Raises:
        StoreUnavailable: the database is away.
        alembic.util.CommandError: it is at a revision this release does not know.
    """
    _run(command.upgrade, database, revision)


def downgrade(database: Database, revision: str) -> None:
    """Migrate down, to ``base`` for no table at all; what the tables held is lost."""
    _run(command.downgrade, database, revision)


def check(database: Database) -> Sequence[str]:
    """Return how a migrated database differs from ``tables``: empty while the migrations are complete."""
    with translate_errors(), _engine(database) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [repr(difference) for difference in compare_metadata(context, tables.metadata)]


def current(engine: Engine) -> str | None:
    """Return the database's revision; None before the first migration."""
    with translate_errors(), engines.autocommit(engine).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def pending(engine: Engine) -> Sequence[str]:
    """Return the revisions this release has and the database has not, oldest first.

    None are pending in a database that a later release has migrated: it serves this one, too.
    """
    script = ScriptDirectory.from_config(_config())
    try:
        missing = list(script.iterate_revisions("head", current(engine) or "base"))
    except (CommandError, ResolutionError):
        return []
    return [revision.revision for revision in reversed(missing)]


def missing_triggers(engine: Engine) -> Sequence[str]:
    """Return which triggers a migrated database has lost, as by a restore of the data alone."""
    dialect = engine.dialect.name
    with translate_errors(), engines.autocommit(engine).connect() as connection:
        there = set(connection.scalars(text(_TRIGGERS_THERE[dialect])))
    return sorted(tables.TRIGGERS[dialect] - there)


def directory() -> Path:
    """Where the migrations are: beside this file in an installed wheel, at the top of a checkout."""
    here = Path(__file__).resolve()
    places = (here.with_name("migrations"), *(parent / "migrations" for parent in here.parents[3:4]))
    found = next((place for place in places if (place / "env.py").is_file()), None)
    if found is None:
        raise FileNotFoundError(f"No migrations in {' or '.join(map(str, places))}.")
    return found


def _run(step: Callable[[Config, str], None], database: Database, revision: str) -> None:
    config = _config()
    with translate_errors(), _engine(database) as config.attributes["engine"]:
        step(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(directory()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _engine(database: Database) -> Iterator[Engine]:
    if isinstance(database, Engine):
        yield database
        return
    engine = engines.create(database, pool_size=1, statement_seconds=0)
    try:
        yield engine
    finally:
        engine.dispose()
