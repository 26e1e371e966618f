"""Returns of orders, and the units that are authorized to come back.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE order_lines ADD COLUMN awaited BIGINT NOT NULL DEFAULT 0 "
        "CONSTRAINT ck_order_lines_awaited CHECK (awaited >= 0 AND returned + awaited <= shipped)"
    )
    op.create_table(
        "order_returns",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_returns")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_returns_order_id_orders")),
    )
    op.create_index("ix_order_returns_order_id", "order_returns", ["order_id"])


def downgrade() -> None:
    if authorized := op.get_bind().scalar(sa.text("SELECT count(*) FROM order_returns")):
        raise RuntimeError(
            f"{authorized} returns are authorized; an earlier release cannot read their orders, so there must be none "
            "before this downgrade."
        )
    op.drop_table("order_returns")
    op.drop_column("order_lines", "awaited")
