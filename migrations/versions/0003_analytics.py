"""Covering indexes for analytics and stock levels.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LOW = "stock_quantity <= low_stock_threshold"
# An index-only scan needs pages that vacuum has marked as all-visible. By default vacuum starts when a fifth of the
# table has changed, so the recent rows of a large table, which are read most often, would seldom be marked.
VACUUM = ("autovacuum_vacuum_insert_scale_factor", "autovacuum_vacuum_scale_factor")


def upgrade() -> None:
    op.drop_index("ix_orders_created_at_id", "orders")
    op.create_index(
        "ix_orders_analytics", "orders", ["created_at", "id", "status", "total_minor", "currency", "deleted_at"]
    )
    op.create_index(
        "ix_order_items_analytics",
        "order_items",
        ["placed_at", "order_id", "product_id", "quantity", "subtotal_minor"],
    )
    # SQLite cannot add a stored column to a table. A virtual column is sufficient for the index.
    op.add_column("products", sa.Column("low", sa.Boolean(), sa.Computed(LOW, persisted=on_postgresql())))
    op.create_index(
        "ix_products_low", "products", ["id"], postgresql_where=sa.text("low"), sqlite_where=sa.text("low = 1")
    )
    for table in ("orders", "order_items") if on_postgresql() else ():
        op.execute(f"ALTER TABLE {table} SET ({', '.join(f'{name} = 0.02' for name in VACUUM)})")


def downgrade() -> None:
    for table in ("orders", "order_items") if on_postgresql() else ():
        op.execute(f"ALTER TABLE {table} RESET ({', '.join(VACUUM)})")
    op.drop_index("ix_products_low", "products")
    op.drop_column("products", "low")
    op.drop_index("ix_order_items_analytics", "order_items")
    op.drop_index("ix_orders_analytics", "orders")
    op.create_index("ix_orders_created_at_id", "orders", ["created_at", "id"])


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
