"""The snapshot of each order's cart, thresholds of revocations, and the identity of this store.

If several orders were placed of one snapshot, the snapshot belongs to the oldest that is not canceled.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ORDERED = sa.text("cart_snapshot_id IS NOT NULL")
SNAPSHOT = {"postgresql": "cart ->> 'snapshotId'", "sqlite": "json_extract(cart, '$.snapshotId')"}
ASSIGN = """
    UPDATE orders SET cart_snapshot_id = [snapshot] WHERE id IN (
        SELECT id FROM (
            SELECT id, row_number() OVER (PARTITION BY [snapshot] ORDER BY status = 'CANCELED', number) AS place
            FROM orders WHERE cart IS NOT NULL AND CAST(cart AS TEXT) <> 'null'
        ) AS ranked WHERE place = 1
    )
"""
ALWAYS = "9007199254740991"  # 2^53 - 1: above every number of a token, so that it is revoked whatever its number


def upgrade() -> None:
    op.add_column("orders", sa.Column("cart_snapshot_id", sa.String(255), nullable=True))
    op.execute(ASSIGN.replace("[snapshot]", SNAPSHOT[op.get_bind().dialect.name]))
    op.create_index(
        "uq_orders_cart_snapshot_id",
        "orders",
        ["cart_snapshot_id"],
        unique=True,
        postgresql_where=ORDERED,
        sqlite_where=ORDERED,
    )
    op.add_column("revoked_tokens", sa.Column("valid_from", sa.BigInteger, nullable=False, server_default=ALWAYS))
    op.create_table(
        "store_identity",
        sa.Column("id", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("identity", sa.String(32), nullable=False),
        sa.Column("numbers_after", sa.BigInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_identity")),
        sa.CheckConstraint("id = 1", name=op.f("ck_store_identity_id")),
    )


def downgrade() -> None:
    # Every row is kept, so that an older release, which reads a row as a revocation, ends refreshed sessions as well.
    op.drop_table("store_identity")
    op.drop_column("revoked_tokens", "valid_from")
    op.drop_index("uq_orders_cart_snapshot_id", table_name="orders")
    op.drop_column("orders", "cart_snapshot_id")
