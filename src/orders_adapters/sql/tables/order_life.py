"""Tables of the life of orders: counters of lines, which constrain them, and tags."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, SmallInteger, String, Table

from orders_adapters.sql.tables.metadata import metadata
from orders_adapters.sql.tables.orders import orders
from orders_domain.model.life.state import MAX_TAG_LENGTH

# Has the lines of which a unit was shipped, cancelled or returned by itself, so that placing an order inserts none.
# The row of the order has the same counters; these are the ones that the constraints decide about.
order_lines = Table(
    "order_lines",
    metadata,
    Column("order_id", ForeignKey(orders.c.id), primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("quantity", BigInteger, nullable=False),
    Column("shipped", BigInteger, nullable=False),
    Column("cancelled", BigInteger, nullable=False),
    Column("returned", BigInteger, nullable=False),
    CheckConstraint("shipped >= 0 AND cancelled >= 0 AND returned >= 0", name="counters"),
    CheckConstraint("shipped + cancelled <= quantity", name="quantity"),
    CheckConstraint("returned <= shipped", name="returned"),
)

order_tags = Table(
    "order_tags",
    metadata,
    Column("tag", String(MAX_TAG_LENGTH), primary_key=True),
    Column("order_id", ForeignKey(orders.c.id), primary_key=True, index=True),
)
