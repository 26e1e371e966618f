"""Placement jobs, reasons of bulk cancellations, the readable stock ledger, and the history of products.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

BULK_COLUMNS = {"order_ids": sa.JSON(), "target_status": sa.String(16), "equivalent_statuses": sa.JSON()}
KINDS = "kind IN ('bulk_status', 'placement')"
CONTENT = "(kind = 'bulk_status') = (order_ids IS NOT NULL) AND (kind = 'placement') = (request IS NOT NULL)"
KEYED = sa.text("client_key IS NOT NULL")
KEY = ["actor", "key_scope", "client_key"]


def upgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("kind", sa.String(16), nullable=False, server_default="bulk_status"))
        jobs.add_column(sa.Column("scopes", sa.JSON(), nullable=False, server_default="[]"))
        jobs.add_column(sa.Column("reason", sa.String(200), nullable=True))
        jobs.add_column(sa.Column("request", sa.JSON(none_as_null=True), nullable=True))
        jobs.add_column(sa.Column("request_body", sa.LargeBinary(), nullable=True))
        jobs.add_column(sa.Column("answer", sa.JSON(none_as_null=True), nullable=True))
        jobs.add_column(sa.Column("answer_body", sa.LargeBinary(), nullable=True))
        jobs.add_column(sa.Column("key_scope", sa.String(32), nullable=True))
        jobs.add_column(sa.Column("client_key", sa.String(255), nullable=True))
        jobs.add_column(sa.Column("fingerprint", sa.String(64), nullable=True))
        for name, kind in BULK_COLUMNS.items():
            jobs.alter_column(name, existing_type=kind, nullable=True)
        jobs.create_check_constraint(op.f("ck_jobs_kind"), KINDS)
        jobs.create_check_constraint(op.f("ck_jobs_content"), CONTENT)
    op.create_index("uq_jobs_client_key", "jobs", KEY, unique=True, postgresql_where=KEYED, sqlite_where=KEYED)

    op.create_table(
        "product_history",
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("product_id", "version", name="pk_product_history"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_product_history_product_id_products"),
        sa.CheckConstraint("kind IN ('added', 'updated', 'restocked')", name=op.f("ck_product_history_kind")),
        sa.CheckConstraint("role IN ('customer', 'admin', 'system')", name=op.f("ck_product_history_role")),
    )
    op.create_index("ix_stock_movements_ledger", "stock_movements", ["product_id", "id"])
    op.drop_index("ix_stock_movements_product_id", table_name="stock_movements")


def downgrade() -> None:
    op.create_index("ix_stock_movements_product_id", "stock_movements", ["product_id"])
    op.drop_index("ix_stock_movements_ledger", table_name="stock_movements")
    op.drop_table("product_history")
    # Placements are deleted, because an older release cannot run them; their orders remain.
    op.execute("DELETE FROM jobs WHERE kind <> 'bulk_status'")
    op.drop_index("uq_jobs_client_key", table_name="jobs")
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_constraint(op.f("ck_jobs_content"), type_="check")
        jobs.drop_constraint(op.f("ck_jobs_kind"), type_="check")
        for name, kind in BULK_COLUMNS.items():
            jobs.alter_column(name, existing_type=kind, nullable=False)
        for name in ("fingerprint", "client_key", "key_scope", "answer_body", "answer", "request_body", "request"):
            jobs.drop_column(name)
        for name in ("reason", "scopes", "kind"):
            jobs.drop_column(name)
