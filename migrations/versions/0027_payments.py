"""Payments and refunds: sums of each order, bounded, the facts of providers, each once, and sums by provider.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

SUMS = {
    "captured_minor": "",
    "refunded_minor": "",
    "refunding_minor": " CONSTRAINT ck_orders_refunding_minor "
    "CHECK (refunded_minor + refunding_minor <= captured_minor)",
}
KINDS = "'authorized', 'captured', 'voided', 'failed', 'refunded', 'refund_failed', 'charged_back'"


def upgrade() -> None:
    for name, check in SUMS.items():
        op.execute(f"ALTER TABLE orders ADD COLUMN {name} BIGINT NOT NULL DEFAULT 0{check}")
    op.create_table(
        "payment_facts",
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("reference", sa.String(255), nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", "reference", name=op.f("pk_payment_facts")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payment_facts_order_id_orders")),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_payment_facts_kind")),
        sa.CheckConstraint("amount_minor >= 1", name=op.f("ck_payment_facts_amount_minor")),
    )
    op.create_index("ix_payment_facts_order_id", "payment_facts", ["order_id"])
    op.create_table(
        "payment_sums",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("authorizes", sa.Boolean, nullable=False),
        sa.Column("authorized_minor", sa.BigInteger, nullable=False),
        sa.Column("captured_minor", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("order_id", "provider", name=op.f("pk_payment_sums")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payment_sums_order_id_orders")),
        sa.CheckConstraint(
            "NOT authorizes OR captured_minor <= authorized_minor", name=op.f("ck_payment_sums_captured_minor")
        ),
    )


def downgrade() -> None:
    if recorded := op.get_bind().scalar(sa.text("SELECT count(*) FROM payment_facts")):
        raise RuntimeError(
            f"{recorded} payment facts are recorded; an earlier release cannot read their orders, so there must be "
            "none before this downgrade."
        )
    op.drop_table("payment_sums")
    op.drop_table("payment_facts")
    for name in reversed(SUMS):
        op.drop_column("orders", name)
