"""Shipments in rows of their own, so that a parcel does not write those before it again (decision 0065).

The row of an order has only their sums: how many there are, how many are delivered, and the units in them. An index has
the orders with requested refunds, which are counted for metrics. A migration does not import ``tables``, because a
migration is immutable and the tables change later.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

BATCH = 500
ORDERS = sa.table("orders", sa.column("id", sa.Uuid), sa.column("life", sa.JSON))
SHIPMENTS = sa.table(
    "shipments", sa.column("id", sa.Uuid), sa.column("order_id", sa.Uuid), sa.column("content", sa.JSON)
)
SHIPPED = sa.select(SHIPMENTS.c.order_id)
SET_LIFE = sa.update(ORDERS).where(ORDERS.c.id == sa.bindparam("of", type_=sa.Uuid)).values(life=sa.bindparam("new"))
SET_CONTENT = (
    sa.update(SHIPMENTS).where(SHIPMENTS.c.id == sa.bindparam("of", type_=sa.Uuid)).values(content=sa.bindparam("new"))
)


def upgrade() -> None:
    refunding = sa.text("refunding_minor > 0")
    op.create_index(
        "ix_orders_refunding", "orders", ["updated_at", "id"], postgresql_where=refunding, sqlite_where=refunding
    )
    op.add_column("shipments", sa.Column("content", sa.JSON, nullable=False, server_default="{}"))
    for rows in shipped_orders():
        contents = [{"of": UUID(shipment["id"]), "new": shipment} for _, life in rows for shipment in life["shipments"]]
        op.get_bind().execute(SET_CONTENT, contents)
        write(rows, lambda _, life: {**without(life, "shipments"), "unread": sums(life["shipments"])})


def downgrade() -> None:
    for rows in shipped_orders():
        ids = [order_id for order_id, _ in rows]
        stored = sa.select(SHIPMENTS.c.order_id, SHIPMENTS.c.content).where(SHIPMENTS.c.order_id.in_(ids))
        shipments: dict[Any, list[Any]] = {}
        for order_id, content in op.get_bind().execute(stored):
            shipments.setdefault(order_id, []).append(content)
        for known in shipments.values():
            known.sort(key=lambda content: content["number"])
        write(rows, lambda order_id, life: {**without(life, "unread"), "shipments": shipments[order_id]})  # noqa: B023
    op.drop_column("shipments", "content")
    op.drop_index("ix_orders_refunding", table_name="orders")


def shipped_orders() -> Iterator[Sequence[Any]]:
    """Yield the orders that have shipments and their lives, in batches by their ids."""
    statement = sa.select(ORDERS).where(ORDERS.c.id.in_(SHIPPED)).order_by(ORDERS.c.id).limit(BATCH)
    page = statement
    while rows := op.get_bind().execute(page).all():
        yield rows
        page = statement.where(ORDERS.c.id > rows[-1].id)


def write(rows: Sequence[Any], life_of: Callable[[Any, Any], Any]) -> None:
    op.get_bind().execute(SET_LIFE, [{"of": order_id, "new": life_of(order_id, life)} for order_id, life in rows])


def without(life: dict[str, Any], name: str) -> dict[str, Any]:
    return {member: value for member, value in life.items() if member != name}


def sums(shipments: Sequence[Any]) -> list[int]:
    delivered = sum(shipment["state"] == "delivered" for shipment in shipments)
    return [len(shipments), delivered, sum(units for shipment in shipments for _, units in shipment["lines"])]
