"""The number of the order of a reservation, which the shipment service knows.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reservations", sa.Column("number", sa.BigInteger, nullable=True))


def downgrade() -> None:
    op.drop_column("reservations", "number")
