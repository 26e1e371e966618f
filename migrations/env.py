"""How Alembic reaches the database: one migration at a time, whole or not at all, never waiting long for a lock."""

import os

from alembic import context
from sqlalchemy import Connection, Engine, text

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines

ONE_AT_A_TIME = 0x6F72646D
"""The advisory lock of whoever migrates: the letters "ordm"."""


def main() -> None:
    engine: Engine | None = context.config.attributes.get("engine")
    if engine is not None:
        migrate(engine)
        return
    # Alembic's own command line: see alembic.ini.
    engine = engines.create(os.environ["DATABASE_URL"], pool_size=1, statement_seconds=0)
    try:
        migrate(engine)
    finally:
        engine.dispose()


def migrate(engine: Engine) -> None:
    with engine.begin() as connection:  # on SQLite this takes the write lock, and so its turn
        if engine.dialect.name == "postgresql":
            take_turn(connection)
        context.configure(
            connection=connection,
            target_metadata=tables.metadata,
            transactional_ddl=True,
            render_as_batch=engine.dialect.name == "sqlite",
        )
        context.run_migrations()


def take_turn(connection: Connection) -> None:
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:ours)"), {"ours": ONE_AT_A_TIME})
    # A lock on a table in use would queue up everybody behind us: rather fail, and be run again.
    connection.execute(text("SET LOCAL lock_timeout = '3s'"))


if context.is_offline_mode():
    raise SystemExit("Migrations look at the database; there is no SQL to print without one.")
main()
