"""Index of the order total within one currency.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OLD = "ix_orders_total_minor_created_at_id"
NEW = "ix_orders_currency_total_minor_created_at_id"


def upgrade() -> None:
    op.create_index(NEW, "orders", ["currency", "total_minor", "created_at", "id"])
    op.drop_index(OLD, "orders")


def downgrade() -> None:
    op.create_index(OLD, "orders", ["total_minor", "created_at", "id"])
    op.drop_index(NEW, "orders")
