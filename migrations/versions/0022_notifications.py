"""Notifications in the database: contacts of orders, a queue of notifications, and the recipients of alerts.

Events that are stored already ask for no notification, because the former ``orders notify`` received them.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0019"
branch_labels = None
depends_on = None

NOTIFIES = sa.text("notifies")
WAITING = sa.text("state IN ('waiting')")
FINISHED = sa.text("state IN ('sent', 'unaddressed', 'failed')")


def upgrade() -> None:
    op.add_column("orders", sa.Column("contact", sa.JSON, nullable=True))
    op.add_column("outbox", sa.Column("notifies", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("ix_outbox_notifies", "outbox", ["id"], postgresql_where=NOTIFIES, sqlite_where=NOTIFIES)
    op.create_table(
        "notifications",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=True),
        sa.Column("address", sa.String(254), nullable=True),
        sa.Column("language", sa.String(35), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        one_of("notifications", "kind", ("order_placed", "status_changed", "order_canceled", "stock_low")),
        one_of("notifications", "channel", ("email", "sms")),
        one_of("notifications", "state", ("waiting", "sent", "unaddressed", "failed")),
        sa.CheckConstraint("(order_id IS NULL) = (address IS NOT NULL)", name=op.f("ck_notifications_recipient")),
    )
    for name, columns, condition in (
        ("ix_notifications_due", ["channel", "due_at"], WAITING),
        ("ix_notifications_finished", ["occurred_at"], FINISHED),
    ):
        op.create_index(name, "notifications", columns, postgresql_where=condition, sqlite_where=condition)
    op.create_table(
        "alert_recipients",
        sa.Column("alert", sa.String(16), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("language", sa.String(35), nullable=True),
        sa.PrimaryKeyConstraint("alert", "address", name=op.f("pk_alert_recipients")),
        one_of("alert_recipients", "alert", ("stock_low",)),
    )


def downgrade() -> None:
    op.drop_table("alert_recipients")
    op.drop_table("notifications")
    op.drop_index("ix_outbox_notifies", table_name="outbox")
    op.drop_column("outbox", "notifies")
    op.drop_column("orders", "contact")


def one_of(table: str, column: str, values: Sequence[str]) -> sa.CheckConstraint:
    words = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({words})", name=op.f(f"ck_{table}_{column}"))
