"""Idempotency keys without rendered answers: a repetition renders the order as it was placed, from its history."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("idempotency_keys") as keys:
        keys.drop_column("answer")


def downgrade() -> None:
    # An older release cannot replay keys that have no stored answer: they are forgotten, as after 24 hours.
    op.execute("DELETE FROM idempotency_keys")
    with op.batch_alter_table("idempotency_keys") as keys:
        keys.add_column(sa.Column("answer", sa.LargeBinary, nullable=False))
