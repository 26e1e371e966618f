"""Webhooks: endpoints, the bodies of messages, deliveries, and how far the event feed was read (decision 0060).

The recipients of alerts about low stock get the alerts about disabled endpoints, too. A migration does not import
``tables``, because a migration is immutable and the tables change later.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

KINDS = ("order_placed", "status_changed", "order_canceled", "stock_low", "shipment_changed", "delivery_failed")
ALERTS = ("stock_low", "delivery_failed")
NEW = "webhook_disabled"
WAITING = sa.text("state IN ('waiting')")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("url", sa.String(2048), nullable=False),
        sa.Column("types", sa.JSON, nullable=True),
        sa.Column("ordered", sa.Boolean, nullable=False),
        sa.Column("secret", sa.String(100), nullable=False),
        sa.Column("former_secret", sa.String(100), nullable=True),
        sa.Column("former_until", moment, nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("disabled_reason", sa.String(16), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("starts_after", sa.String(43), nullable=False),
        sa.Column("failing_since", moment, nullable=True),
        sa.Column("last_failed_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
        sa.UniqueConstraint("url", name=op.f("uq_webhook_endpoints_url")),
        one_of("webhook_endpoints", "state", ("enabled", "disabled")),
        one_of("webhook_endpoints", "disabled_reason", ("requested", "gone", "failing")),
    )
    op.create_table(
        "webhook_messages",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("type", sa.String(100), nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_messages")),
    )
    op.create_index("ix_webhook_messages_created_at", "webhook_messages", ["created_at"])
    create_deliveries()
    op.create_table(
        "webhook_positions",
        sa.Column("id", sa.SmallInteger, nullable=False, autoincrement=False),
        sa.Column("cursor", sa.String(43), nullable=False),
        sa.Column("read_at", moment, nullable=False),
        sa.Column("since", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_positions")),
        sa.CheckConstraint("id = 1", name=op.f("ck_webhook_positions_single_row")),
    )
    replace_checks(kinds=(*KINDS, NEW), alerts=(*ALERTS, NEW))
    op.execute(
        f"INSERT INTO alert_recipients (alert, address, language) "  # noqa: S608 - a constant
        f"SELECT '{NEW}', address, language FROM alert_recipients WHERE alert = 'stock_low'"
    )


def create_deliveries() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid, nullable=False),
        sa.Column("message_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("attempts", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoints.id"],
            name=op.f("fk_webhook_deliveries_endpoint_id_webhook_endpoints"),
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["webhook_messages.id"], name=op.f("fk_webhook_deliveries_message_id_webhook_messages")
        ),
        sa.UniqueConstraint("endpoint_id", "message_id", name=op.f("uq_webhook_deliveries_endpoint_id_message_id")),
        one_of("webhook_deliveries", "state", ("waiting", "delivered", "failed")),
        sqlite_autoincrement=True,
    )
    for name, columns, condition in (
        ("ix_webhook_deliveries_due", ["endpoint_id", "due_at"], WAITING),
        ("ix_webhook_deliveries_order", ["endpoint_id", "order_id", "version"], WAITING),
        ("ix_webhook_deliveries_waiting", ["id"], WAITING),
        ("ix_webhook_deliveries_log", ["endpoint_id", "id"], None),
        ("ix_webhook_deliveries_message_id", ["message_id"], None),
        ("ix_webhook_deliveries_created_at", ["created_at"], None),
    ):
        op.create_index(name, "webhook_deliveries", columns, postgresql_where=condition, sqlite_where=condition)


def downgrade() -> None:
    op.execute(f"DELETE FROM notifications WHERE kind = '{NEW}'")  # noqa: S608 - a constant
    op.execute(f"DELETE FROM alert_recipients WHERE alert = '{NEW}'")  # noqa: S608 - a constant
    replace_checks(kinds=KINDS, alerts=ALERTS)
    for table in ("webhook_positions", "webhook_deliveries", "webhook_messages", "webhook_endpoints"):
        op.drop_table(table)


def one_of(table: str, column: str, values: Sequence[str]) -> sa.CheckConstraint:
    words = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({words})", name=op.f(f"ck_{table}_{column}"))


def replace_checks(*, kinds: tuple[str, ...], alerts: tuple[str, ...]) -> None:
    for table, column, values in (("notifications", "kind", kinds), ("alert_recipients", "alert", alerts)):
        name = op.f(f"ck_{table}_{column}")
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(name, type_="check")
            batch.create_check_constraint(name, sa.column(column).in_(values))
