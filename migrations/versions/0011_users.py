"""User accounts and revoked tokens.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ACCOUNT = (
    ("email", sa.String(254)),
    ("password_hash", sa.String(255)),
    ("role", sa.String(16)),
    ("scopes", sa.String(1_000)),
    ("disabled_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    for name, kind in ACCOUNT:
        op.add_column("users", sa.Column(name, kind, nullable=True))
    op.create_index("ix_users_email", "users", ["email"], unique=True)
    op.create_table(
        "denied_tokens",
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mark", name="pk_denied_tokens"),
    )
    op.create_index("ix_denied_tokens_until", "denied_tokens", ["until"])


def downgrade() -> None:
    op.drop_table("denied_tokens")
    op.drop_index("ix_users_email", "users")
    for name, _ in reversed(ACCOUNT):
        op.drop_column("users", name)
