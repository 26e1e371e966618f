"""Traces: which request, across services, brought about a change, an event or a job (W3C Trace Context).

A migration is a fact: it spells out what it did, and takes nothing from ``tables.py``, which goes on changing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = ("order_history", "outbox", "jobs")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("traceparent", sa.String(55), nullable=True))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "traceparent")
