"""The position of each history entry in the event feed, whose order is that of the commits (decision 0058).

On PostgreSQL it is the id of the transaction that inserted the entry, or that of the entry before it in the same order
if that is greater, because a transaction can get its id before it locks the order. On SQLite it is a counter. Entries
that are stored already have the position 0 on PostgreSQL, before all others.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0035"
branch_labels = None
depends_on = None

INDEX = "ix_order_history_position_order_id_version"
TRIGGER = "set_position_of_order_history"
ON_POSTGRESQL = (
    "ALTER TABLE order_history ALTER position SET DEFAULT pg_current_xact_id()::text::bigint",
    f"""
    CREATE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        NEW.position := greatest(NEW.position, (
            SELECT position FROM order_history WHERE order_id = NEW.order_id AND version = NEW.version - 1
        ));
        RETURN NEW;
    END $$
    """,  # noqa: S608 - constants
    f"""
    CREATE TRIGGER {TRIGGER} BEFORE INSERT ON order_history
    FOR EACH ROW WHEN (NEW.version > 1) EXECUTE FUNCTION {TRIGGER}()
    """,
)
ON_SQLITE = (
    "UPDATE order_history SET position = rowid",
    f"""
    CREATE TRIGGER {TRIGGER} AFTER INSERT ON order_history
    BEGIN
        UPDATE order_history SET position = (SELECT max(position) + 1 FROM order_history) WHERE rowid = NEW.rowid;
    END
    """,  # noqa: S608 - constants
)


def upgrade() -> None:
    # The constant default adds the column without a rewrite of the table.
    op.add_column("order_history", sa.Column("position", sa.BigInteger, nullable=False, server_default="0"))
    for statement in ON_POSTGRESQL if on_postgresql() else ON_SQLITE:
        op.execute(statement)
    op.create_index(INDEX, "order_history", ["position", "order_id", "version"])


def downgrade() -> None:
    op.execute(f"DROP TRIGGER IF EXISTS {TRIGGER}" + (" ON order_history" if on_postgresql() else ""))
    if on_postgresql():
        op.execute(f"DROP FUNCTION {TRIGGER}()")
    op.drop_index(INDEX, table_name="order_history")
    op.drop_column("order_history", "position")


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
