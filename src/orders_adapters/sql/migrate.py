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
from sqlalchemy import Connection, Engine, inspect, text

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import StoreUnsuitable, translate_errors
from orders_adapters.sql.tables.triggers import WORD_INDEX

Database = str | Engine
"""A URL, or an engine, which may have a schema or be in memory."""

VERSION_TABLE = "orders_alembic_version"
"""Not Alembic's default, because the database may belong to a host with migrations of its own."""

_FORMER_VERSION_TABLE = "alembic_version"
_UNCOMPARED = (_FORMER_VERSION_TABLE, WORD_INDEX)
_OUR_TABLES = {"users", "orders", "order_history", "outbox"}  # of the first revision

_EXISTING_TRIGGERS = {
    "postgresql": """
        SELECT tgname::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE pg_table_is_visible(tgrelid) AND tgenabled <> 'D' AND NOT tgisinternal
    """,
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
}


_LACKING_RIGHTS = """
    SELECT needed || ' on ' || relname FROM pg_class CROSS JOIN unnest(CAST(:rights AS text[])) AS needed
    WHERE relname = ANY(:tables) AND relkind IN ('r', 'p') AND pg_table_is_visible(pg_class.oid)
        AND NOT has_table_privilege(pg_class.oid, needed)
    ORDER BY 1
"""


def upgrade(database: Database, revision: str = "head", *, schema: str = "") -> None:
    """Migrate up. Concurrent calls are serialized; the later ones find nothing to do.

    A missing ``schema`` is created, which is the PostgreSQL schema of a database that is given as a URL.

    Raises:
        StoreUnavailable: the database is unavailable.
        StoreUnsuitable: the database has tables of another service, or another encoding than UTF-8.
        alembic.util.CommandError: the database is at a revision that this release does not have.
    """
    _run(command.upgrade, database, revision, schema=schema)


def downgrade(database: Database, revision: str, *, schema: str = "") -> None:
    """Migrate down, to ``base`` for no tables. The data of dropped tables is lost."""
    _run(command.downgrade, database, revision, schema=schema)


def check(database: Database, *, schema: str = "") -> Sequence[str]:
    """Return the differences between a migrated database and ``tables``; empty if the migrations are complete."""
    with translate_errors(), _engine(database, schema) as engine, engine.connect() as connection:
        options = {"compare_type": True, "version_table": VERSION_TABLE, "include_name": _is_compared}
        context = MigrationContext.configure(connection, opts=options)
        return [repr(difference) for difference in compare_metadata(context, tables.metadata)]


def current(engine: Engine) -> str | None:
    """Return the database's revision, or None before the first migration."""
    with translate_errors(), engines.autocommit(engine).connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        return context.get_current_revision() or former_revision(connection)


def former_revision(connection: Connection) -> str | None:
    """Return the revision that a release without a version table of its own stored, or None.

    The former table had Alembic's default name, so it may be the host's; it is ours if our tables exist.
    """
    names = set(inspect(connection).get_table_names())
    if VERSION_TABLE in names or not _OUR_TABLES | {_FORMER_VERSION_TABLE} <= names:
        return None
    return MigrationContext.configure(connection).get_current_revision()


def ensure_own_tables(connection: Connection) -> None:
    """Check, before the first migration, that no table of this service's names belongs to another one.

    Raises:
        StoreUnsuitable: there is such a table.
    """
    names = set(inspect(connection).get_table_names())
    foreign = sorted(names & set(tables.metadata.tables))
    if VERSION_TABLE in names or not foreign or former_revision(connection):
        return
    other = "use another file" if connection.dialect.name == "sqlite" else "set DATABASE_SCHEMA to a schema of its own"
    raise StoreUnsuitable(
        "The database must not have tables of these names that orders migrate did not create: "
        f"{', '.join(foreign)}; {other}."
    )


def lacking_rights(engine: Engine, *, write: bool = True) -> Sequence[str]:
    """Return the rights on tables that the role of a migrated PostgreSQL database lacks, such as INSERT on orders.

    Without ``write`` only the right to read is required, as of a replica.
    """
    if engines.is_sqlite(engine):
        return []
    values = {"tables": sorted(tables.metadata.tables), "rights": ["SELECT", "INSERT"] if write else ["SELECT"]}
    with translate_errors(), engines.autocommit(engine).connect() as connection:
        return list(connection.scalars(text(_LACKING_RIGHTS), values))


def is_read_only(engine: Engine) -> bool:
    """Return whether the database is a standby, or refuses writes for another reason."""
    if engines.is_sqlite(engine):
        return False
    with translate_errors(), engines.autocommit(engine).connect() as connection:
        return str(connection.scalar(text("SELECT current_setting('transaction_read_only')"))) == "on"


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


def _is_compared(name: str | None, kind: str, parents: object) -> bool:
    return kind != "table" or name not in _UNCOMPARED


def _run(step: Callable[[Config, str], None], database: Database, revision: str, *, schema: str) -> None:
    config = _config()
    with translate_errors(), _engine(database, schema) as config.attributes["engine"]:
        step(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(directory()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _engine(database: Database, schema: str) -> Iterator[Engine]:
    if isinstance(database, Engine):
        yield database
        return
    engine = engines.create(database, pool_size=1, statement_seconds=0, schema=schema)
    try:
        yield engine
    finally:
        engine.dispose()
