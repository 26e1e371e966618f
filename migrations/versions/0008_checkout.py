"""Checkout: signed carts, orders of guests, and cancellation reasons.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


WITH, WITHOUT = "user_id VARCHAR(64) NOT NULL,", "user_id VARCHAR(64),"


def upgrade() -> None:
    op.add_column("orders", sa.Column("cart", sa.JSON(), nullable=True))
    op.add_column("orders", sa.Column("cancellation_reason", sa.String(200), nullable=True))
    require_user(False)
    op.execute("UPDATE orders SET user_id = NULL WHERE user_id = ''")
    op.execute("DELETE FROM users WHERE id = ''")


def downgrade() -> None:
    require_user(True)
    op.drop_column("orders", "cancellation_reason")
    op.drop_column("orders", "cart")


def require_user(required: bool) -> None:
    """Assign the orders of guests to a user without a name if required, so that they do not prevent a downgrade.

    No token can have that subject, so nobody owns the orders.
    """
    if required:
        op.execute("INSERT INTO users (id, created_at) VALUES ('', CURRENT_TIMESTAMP) ON CONFLICT DO NOTHING")
        op.execute("UPDATE orders SET user_id = '' WHERE user_id IS NULL")
    if op.get_bind().dialect.name == "sqlite":
        rewrite(*(WITHOUT, WITH) if required else (WITH, WITHOUT))
    else:
        op.alter_column("orders", "user_id", existing_type=sa.String(64), nullable=not required)


def rewrite(before: str, after: str) -> None:
    """Change only the stored definition, because a replacement of the table would break the references to it.

    SQLite permits that for NOT NULL (https://www.sqlite.org/lang_altertable.html, "Making Other Kinds Of Schema
    Changes"), because the stored rows are the same with and without.
    """
    database = op.get_bind()
    (schema,) = database.exec_driver_sql("PRAGMA schema_version").one()
    database.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = database.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = 'orders' AND instr(sql, ?)",
        (before, after, before),
    )
    database.exec_driver_sql(f"PRAGMA schema_version = {schema + 1}")
    database.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed.rowcount != 1:
        raise RuntimeError("The definition of the table orders must be that of the earlier migrations.")
