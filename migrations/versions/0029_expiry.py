"""The time at which an unpaid order expires.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

EXPIRING = sa.text("expires_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("orders", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_orders_expires_at_id",
        "orders",
        ["expires_at", "id"],
        postgresql_where=EXPIRING,
        sqlite_where=EXPIRING,
    )


def downgrade() -> None:
    kinds = sa.text("SELECT count(*) FROM order_history WHERE kind = 'expired'")
    waiting = op.get_bind().scalar(sa.text("SELECT count(*) FROM orders WHERE expires_at IS NOT NULL"))
    if expired := op.get_bind().scalar(kinds) or waiting:
        raise RuntimeError(
            f"{expired} orders have expired or will expire; an earlier release cannot handle them, so there must be "
            "none before this downgrade."
        )
    op.drop_index("ix_orders_expires_at_id", table_name="orders")
    op.drop_column("orders", "expires_at")
