"""Tracking: the shipment of an order, and the inbox of handled messages.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SHIPPED = sa.text("shipment_id IS NOT NULL")


def upgrade() -> None:
    op.add_column("orders", sa.Column("shipment_id", sa.String(64), nullable=True))
    op.create_index(
        "uq_orders_shipment_id", "orders", ["shipment_id"], unique=True, postgresql_where=SHIPPED, sqlite_where=SHIPPED
    )
    op.create_table(
        "inbox",
        sa.Column("scope", sa.String(32), nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "message_id", name="pk_inbox"),
    )
    op.create_index("ix_inbox_at", "inbox", ["at"])


def downgrade() -> None:
    op.drop_table("inbox")
    op.drop_index("uq_orders_shipment_id", table_name="orders")
    op.drop_column("orders", "shipment_id")
