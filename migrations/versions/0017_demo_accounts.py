"""A mark on the accounts of the demonstration, because production must not sign them in.

Accounts of earlier demonstrations are marked by their ids and addresses; nobody else has an address of example.com.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("is_demo", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute("UPDATE users SET is_demo = true WHERE id IN ('ann', 'admin') AND email = id || '@example.com'")


def downgrade() -> None:
    op.drop_column("users", "is_demo")
