"""Orders found by amount within one currency: others are not read.

A migration is a fact: it spells out what it did, and takes nothing from ``tables.py``, which goes on changing.
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
