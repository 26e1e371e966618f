"""Tables of the life of orders: counters of lines and sums of payments, which constrain them, facts, tags and words."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    Uuid,
    false,
)

from orders_adapters.sql.tables.column_types import SearchWords, UtcDateTime, enum_column
from orders_adapters.sql.tables.metadata import metadata
from orders_adapters.sql.tables.orders import orders
from orders_domain.model.life.payments import MAX_FACT_LENGTH, MAX_PROVIDER_LENGTH, PaymentKind
from orders_domain.model.life.shipments import MAX_EVENT_ID_LENGTH
from orders_domain.model.life.state import MAX_TAG_LENGTH

PENDING_LIST_KIB = 512  # entries that are not in the index yet

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

# Beside the order, because its row changes often, and each change would write all words to the index again. Without a
# foreign key, because no row of an order is deleted, and every placement would pay for it (decision 0061).
order_words = Table(
    "order_words",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("words", SearchWords, nullable=False),  # see ``orders_domain.model.search.order_words``
    # The list of pending entries makes a placement cheap, and is short because every search reads it.
    Index(
        "ix_order_words_words",
        "words",
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": PENDING_LIST_KIB},
        sqlite_where=false(),  # the index of SQLite is empty: it finds the words in ``order_word_index``
    ),
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
