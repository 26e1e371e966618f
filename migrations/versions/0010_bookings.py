"""Reservations in other services (table bookings), and products of an external catalog.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UNCONFIRMED = sa.text("state IN ('placing', 'releasing')")
KEYED = sa.text("key IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "bookings",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("shipment_id", sa.String(64), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_subject", sa.String(64), nullable=True),
        sa.Column("key_scope", sa.String(32), nullable=True),
        sa.Column("key", sa.String(255), nullable=True),
        sa.PrimaryKeyConstraint("order_id", name="pk_bookings"),
        sa.CheckConstraint("state IN ('placing', 'kept', 'releasing')", name="ck_bookings_state"),
    )
    op.create_index(
        "ix_bookings_due", "bookings", ["due_at", "order_id"], postgresql_where=UNCONFIRMED, sqlite_where=UNCONFIRMED
    )
    key = ["key_subject", "key_scope", "key"]
    op.create_index("uq_bookings_key", "bookings", key, unique=True, postgresql_where=KEYED, sqlite_where=KEYED)
    op.add_column("products", sa.Column("remote", sa.Boolean(), nullable=False, server_default=sa.false()))
    index_low(postgresql="low AND NOT remote", sqlite="low = 1 AND remote = 0")


def downgrade() -> None:
    index_low(postgresql="low", sqlite="low = 1")
    op.drop_column("products", "remote")
    op.drop_table("bookings")


def index_low(*, postgresql: str, sqlite: str) -> None:
    op.drop_index("ix_products_low", "products")
    op.create_index(
        "ix_products_low", "products", ["id"], postgresql_where=sa.text(postgresql), sqlite_where=sa.text(sqlite)
    )
