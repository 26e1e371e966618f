"""Idempotency keys without stored responses, because a duplicate request renders the order from its history."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("idempotency_keys") as keys:
        keys.drop_column("answer")


def downgrade() -> None:
    # The keys are deleted, as after 24 hours, because an older release cannot replay a key without a stored response.
    op.execute("DELETE FROM idempotency_keys")
    with op.batch_alter_table("idempotency_keys") as keys:
        keys.add_column(sa.Column("answer", sa.LargeBinary, nullable=False))
