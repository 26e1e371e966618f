"""Schema migrations: upgrade, downgrade and checks."""

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
"""A URL, or the engine of a database without a URL (SQLite in memory)."""

_EXISTING_TRIGGERS = {
    "postgresql": """
        SELECT tgname::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE pg_table_is_visible(tgrelid) AND tgenabled <> 'D' AND NOT tgisinternal
    """,
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
}


def upgrade(database: Database, revision: str = "head") -> None:
    """Migrate up. Concurrent calls are serialized; the later ones find nothing to do.

    Raises:
        StoreUnavailable: the database is unavailable.
        alembic.util.CommandError: the database is at a revision that this release does not have.
    """
    _run(command.upgrade, database, revision)


def downgrade(database: Database, revision: str) -> None:
    """Migrate down, to ``base`` for no tables. The data of dropped tables is lost."""
    _run(command.downgrade, database, revision)


def check(database: Database) -> Sequence[str]:
    """Return the differences between a migrated database and ``tables``; empty if the migrations are complete."""
    with translate_errors(), _engine(database) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [repr(difference) for difference in compare_metadata(context, tables.metadata)]


def current(engine: Engine) -> str | None:
    """Return the database's revision, or None before the first migration."""
    with translate_errors(), engines.autocommit(engine).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def pending(engine: Engine) -> Sequence[str]:
    """Return the revisions of this release that the database does not have, oldest first.

    The result is empty if a later release has migrated the database, because its schema is compatible.
    """
    script = ScriptDirectory.from_config(_config())
    try:
        missing = list(script.iterate_revisions("head", current(engine) or "base"))
    except (CommandError, ResolutionError):
        return []
    return [revision.revision for revision in reversed(missing)]


def missing_triggers(engine: Engine) -> Sequence[str]:
    """Return the missing triggers of a migrated database, such as after a restore of the data alone."""
    dialect = engine.dialect.name
    with translate_errors(), engines.autocommit(engine).connect() as connection:
        existing = set(connection.scalars(text(_EXISTING_TRIGGERS[dialect])))
    return sorted(tables.TRIGGERS[dialect] - existing)


def directory() -> Path:
    """Return the directory of the migrations: beside this file in an installed wheel, or at the root of a checkout."""
    here = Path(__file__).resolve()
    candidates = (here.with_name("migrations"), *(parent / "migrations" for parent in here.parents[3:4]))
    existing = next((candidate for candidate in candidates if (candidate / "env.py").is_file()), None)
    if existing is None:
        raise FileNotFoundError(f"The migrations must be in {' or '.join(map(str, candidates))}.")
    return existing


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
