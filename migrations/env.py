"""Alembic environment: migrations are serialized and atomic, and do not wait long for a table lock."""

import os

from alembic import context
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.schema import CreateSchema

from orders_adapters.sql import migrate as migrations
from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines

MIGRATION_LOCK = 0x6F72646D
"""The advisory lock of a migration: the letters "ordm"."""


def main() -> None:
    engine: Engine | None = context.config.attributes.get("engine")
    if engine is not None:
        migrate(engine)
        return
    # Run by Alembic's command line, see alembic.ini.
    schema = os.environ.get("DATABASE_SCHEMA", "")
    engine = engines.create(os.environ["DATABASE_URL"], pool_size=1, statement_seconds=0, schema=schema)
    try:
        migrate(engine)
    finally:
        engine.dispose()


def migrate(engine: Engine) -> None:
    with engine.begin() as connection:  # acquires the write lock on SQLite
        if engine.dialect.name == "postgresql":
            acquire_lock(connection)
            ensure_schema(connection, engines.schema_of(engine))
        migrations.ensure_own_tables(connection)
        former = migrations.former_revision(connection)
        context.configure(
            connection=connection,
            target_metadata=tables.metadata,
            version_table=migrations.VERSION_TABLE,
            transactional_ddl=True,
            render_as_batch=engine.dialect.name == "sqlite",
        )
        if former is not None:
            # A copy, because instances of the former release read their own table until they are stopped.
            context.get_context().stamp(ScriptDirectory.from_config(context.config), former)
        context.run_migrations()


def acquire_lock(connection: Connection) -> None:
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
    # Limited, because other transactions queue behind a request for a table lock. A failed migration can be retried.
    connection.execute(text("SET LOCAL lock_timeout = '3s'"))


def ensure_schema(connection: Connection, schema: str) -> None:
    # Not IF NOT EXISTS, because that needs the right to create a schema even if it exists.
    if schema and not connection.dialect.has_schema(connection, schema):
        connection.execute(CreateSchema(schema))


if context.is_offline_mode():
    raise SystemExit("Migrations must run with a database, because they inspect it; SQL cannot be printed offline.")
main()
