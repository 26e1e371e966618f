"""Shipments of orders and the events of their carriers, each once.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shipments",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipments")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_shipments_order_id_orders")),
    )
    op.create_index("ix_shipments_order_id", "shipments", ["order_id"])
    op.create_table(
        "shipment_events",
        sa.Column("shipment_id", sa.Uuid, nullable=False),
        sa.Column("event_id", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("shipment_id", "event_id", name=op.f("pk_shipment_events")),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_shipment_events_shipment_id_shipments")
        ),
    )


def downgrade() -> None:
    if created := op.get_bind().scalar(sa.text("SELECT count(*) FROM shipments")):
        raise RuntimeError(
            f"{created} shipments are stored; an earlier release cannot read their orders, so there must be none "
            "before this downgrade."
        )
    op.drop_table("shipment_events")
    op.drop_table("shipments")
