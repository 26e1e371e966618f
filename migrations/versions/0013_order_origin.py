"""Origin of each order: the contract by which it was placed.

The origin of stored orders is inferred from data that only one contract adds: a cart, a shipment, or product lines.
The history is not changed, because reading it applies the same rule.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

CHECK = "CONSTRAINT ck_orders_origin CHECK (origin IN ('orders', 'management', 'ostore', 'checkout'))"
INFER = """
    UPDATE orders SET origin = CASE
        WHEN cart IS NOT NULL AND CAST(cart AS TEXT) <> 'null' THEN 'checkout'
        WHEN shipment_id IS NOT NULL THEN 'ostore'
        WHEN CAST(lines AS TEXT) <> '[]' THEN 'management'
        ELSE 'orders'
    END
"""


def upgrade() -> None:
    op.execute(f"ALTER TABLE orders ADD COLUMN origin VARCHAR(16) {CHECK}")
    op.execute(INFER)
    if op.get_bind().dialect.name == "sqlite":
        require_origin()
    else:
        op.alter_column("orders", "origin", existing_type=sa.String(16), nullable=False)


def downgrade() -> None:
    op.drop_column("orders", "origin")


def require_origin() -> None:
    """Add NOT NULL to the stored definition, as migration 0008 does, because every row has a value now.

    SQLite requires a default when it adds a NOT NULL column, and this column must not have one.
    """
    database = op.get_bind()
    (schema,) = database.exec_driver_sql("PRAGMA schema_version").one()
    database.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = database.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = 'orders' AND instr(sql, ?)",
        (f"origin VARCHAR(16) {CHECK}", f"origin VARCHAR(16) NOT NULL {CHECK}", f"origin VARCHAR(16) {CHECK}"),
    )
    database.exec_driver_sql(f"PRAGMA schema_version = {schema + 1}")
    database.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed.rowcount != 1:
        raise RuntimeError("The definition of the table orders must be that of the earlier migrations.")
