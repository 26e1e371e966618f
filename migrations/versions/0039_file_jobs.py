"""Exports and imports as jobs, and the chunks of their files (decision 0059).

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

KINDS = "kind IN ('bulk_status', 'placement', 'export', 'import')"
FORMER_KINDS = "kind IN ('bulk_status', 'placement')"
FORMER_CONTENT = "(kind = 'bulk_status') = (order_ids IS NOT NULL) AND (kind = 'placement') = (request IS NOT NULL)"
CONTENT = f"{FORMER_CONTENT} AND (kind IN ('export', 'import')) = (file_options IS NOT NULL)"


def upgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_constraint(op.f("ck_jobs_content"), type_="check")
        jobs.drop_constraint(op.f("ck_jobs_kind"), type_="check")
        jobs.add_column(sa.Column("file_options", sa.JSON(none_as_null=True), nullable=True))
        jobs.add_column(sa.Column("file_progress", sa.JSON(none_as_null=True), nullable=True))
        jobs.create_check_constraint(op.f("ck_jobs_kind"), KINDS)
        jobs.create_check_constraint(op.f("ck_jobs_content"), CONTENT)
    op.create_table(
        "job_chunks",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "part", "start", name="pk_job_chunks"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_chunks_job_id_jobs", ondelete="CASCADE"),
        sa.CheckConstraint("part IN ('sent', 'written')", name=op.f("ck_job_chunks_part")),
    )


def downgrade() -> None:
    op.drop_table("job_chunks")
    # Exports and imports are deleted, because an older release cannot run them; imported products remain.
    op.execute("DELETE FROM jobs WHERE kind IN ('export', 'import')")
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_constraint(op.f("ck_jobs_content"), type_="check")
        jobs.drop_constraint(op.f("ck_jobs_kind"), type_="check")
        jobs.drop_column("file_progress")
        jobs.drop_column("file_options")
        jobs.create_check_constraint(op.f("ck_jobs_kind"), FORMER_KINDS)
        jobs.create_check_constraint(op.f("ck_jobs_content"), FORMER_CONTENT)
