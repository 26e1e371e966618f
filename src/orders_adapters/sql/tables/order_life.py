"""Tables of the life of orders: counters of lines and sums of payments, which constrain them, facts and tags."""

from sqlalchemy import JSON, BigInteger, Boolean, CheckConstraint, Column, ForeignKey, SmallInteger, String, Table, Uuid

from orders_adapters.sql.tables.column_types import UtcDateTime, enum_column
from orders_adapters.sql.tables.metadata import metadata
from orders_adapters.sql.tables.orders import orders
from orders_domain.model.life.payments import MAX_FACT_LENGTH, MAX_PROVIDER_LENGTH, PaymentKind
from orders_domain.model.life.shipments import MAX_EVENT_ID_LENGTH
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
    Column("awaited", BigInteger, nullable=False, server_default="0"),  # authorized to come back, and not received
    CheckConstraint("shipped >= 0 AND cancelled >= 0 AND returned >= 0", name="counters"),
    CheckConstraint("shipped + cancelled <= quantity", name="quantity"),
    CheckConstraint("returned <= shipped", name="returned"),
    CheckConstraint("awaited >= 0 AND returned + awaited <= shipped", name="awaited"),
)

order_tags = Table(
    "order_tags",
    metadata,
    Column("tag", String(MAX_TAG_LENGTH), primary_key=True),
    Column("order_id", ForeignKey(orders.c.id), primary_key=True, index=True),
)

payment_facts = Table(
    "payment_facts",
    metadata,
    Column("provider", String(MAX_PROVIDER_LENGTH), primary_key=True),  # with the reference, so that a fact is one
    Column("reference", String(MAX_FACT_LENGTH), primary_key=True),
    Column("order_id", ForeignKey(orders.c.id), nullable=False, index=True),
    Column("kind", enum_column(PaymentKind, "kind"), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    CheckConstraint("amount_minor >= 1", name="amount_minor"),
)

payment_sums = Table(
    "payment_sums",
    metadata,
    Column("order_id", ForeignKey(orders.c.id), primary_key=True),
    Column("provider", String(MAX_PROVIDER_LENGTH), primary_key=True),
    Column("authorizes", Boolean, nullable=False),
    Column("authorized_minor", BigInteger, nullable=False),
    Column("captured_minor", BigInteger, nullable=False),
    CheckConstraint("NOT authorizes OR captured_minor <= authorized_minor", name="captured_minor"),
)

shipments = Table(
    "shipments",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", ForeignKey(orders.c.id), nullable=False, index=True),
    Column("content", JSON, nullable=False, server_default="{}"),  # the shipment with its events (decision 0065)
)

shipment_events = Table(
    "shipment_events",
    metadata,
    Column("shipment_id", ForeignKey(shipments.c.id), primary_key=True),  # with the event's id, so that it is one
    Column("event_id", String(MAX_EVENT_ID_LENGTH), primary_key=True),
)

order_returns = Table(
    "order_returns",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", ForeignKey(orders.c.id), nullable=False, index=True),
)
