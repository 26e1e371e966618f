"""Address of a reservation until it is confirmed, so that a repeated request for its shipment is the same."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reservations", sa.Column("shipping_address", sa.Text))


def downgrade() -> None:
    op.drop_column("reservations", "shipping_address")
