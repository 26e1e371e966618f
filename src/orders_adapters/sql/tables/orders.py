"""Tables of orders, their histories and order templates."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    FetchedValue,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    Uuid,
    false,
    text,
)

from orders_adapters.sql.tables.column_types import UtcDateTime, enum_column, identity_column
from orders_adapters.sql.tables.metadata import MAX_TRACEPARENT_LENGTH, metadata
from orders_adapters.sql.tables.users import users
from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH, Role
from orders_domain.model.address import MAX_LENGTHS
from orders_domain.model.cart import MAX_ID_LENGTH
from orders_domain.model.life import placing
from orders_domain.model.life.axes import FulfillmentStatus, PaymentStatus
from orders_domain.model.order import MAX_REASON_LENGTH, MAX_SHIPMENT_ID_LENGTH
from orders_domain.model.origin import Origin
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.money import MAX_MINOR_UNITS

SHIPPING = {
    "line1": "shipping_address_line1",
    "line2": "shipping_address_line2",
    "city": "shipping_city",
    "state": "shipping_state",
    "postal_code": "shipping_postal_code",
    "country": "shipping_country",
}
"""The column of each field of an address."""

_shipped = text("shipment_id IS NOT NULL")
_ordered = text("cart_snapshot_id IS NOT NULL")
_referred = text("reference IS NOT NULL")
_held = text("is_held")
_refunding = text("refunding_minor > 0")
_expiring = text("expires_at IS NOT NULL")

orders = Table(
    "orders",
    metadata,
    Column("id", Uuid, primary_key=True),
    # From the sequence order_numbers on PostgreSQL, and computed by the insert on SQLite (see ``sql.orders``).
    Column("number", BigInteger, nullable=False, unique=True),
    # NULL for a guest. A trigger inserts the user of an order if the row is missing (migration 0012).
    Column("user_id", ForeignKey(users.c.id)),
    # JSON, not JSONB, because items are returned as they were sent: with the order of their members, and 1.0 as 1.0.
    Column("items", JSON, nullable=False),
    Column("cart", JSON(none_as_null=True)),  # the signed snapshot; its items are the items of the order
    # [product id, quantity, price]. Immutable, so that reading an order needs no second table.
    Column("lines", JSON, nullable=False, server_default="[]"),
    Column("total_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("status", enum_column(OrderStatus, "status"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    Column("cancellation_reason", String(MAX_REASON_LENGTH)),
    *(Column(name, String(MAX_LENGTHS[field])) for field, name in SHIPPING.items()),
    Column("shipment_id", String(MAX_SHIPMENT_ID_LENGTH)),
    # The snapshotId of the cart. Unique, so that a cart is ordered once. NULL if the cart may be ordered anew.
    Column("cart_snapshot_id", String(MAX_ID_LENGTH)),
    # The customer: the names and addresses of letters. Personal data, which no other table copies.
    Column("contact", JSON(none_as_null=True)),
    # No default, because a missing value must not become the least restrictive contract.
    Column("origin", enum_column(Origin, "origin"), nullable=False),
    *(Column(name, String(longest)) for name, longest in placing.MAX_LENGTHS.items()),
    Column("charges", JSON, nullable=False, server_default="[]"),
    Column("life", JSON, nullable=False, server_default="{}"),  # the fold of the history (decision 0044)
    # Derived from the status and the life, for queries.
    Column("payment_status", enum_column(PaymentStatus, "payment_status"), nullable=False, server_default="none"),
    Column(
        "fulfillment_status",
        enum_column(FulfillmentStatus, "fulfillment_status"),
        nullable=False,
        server_default="none",
    ),
    Column("is_held", Boolean, nullable=False, server_default=false()),
    Column("expires_at", UtcDateTime),
    Index(None, "expires_at", "id", postgresql_where=_expiring, sqlite_where=_expiring),
    # Sums of the payment facts and the requested refunds.
    Column("captured_minor", BigInteger, nullable=False, server_default="0"),
    Column("refunded_minor", BigInteger, nullable=False, server_default="0"),
    Column("refunding_minor", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("refunded_minor + refunding_minor <= captured_minor", name="refunding_minor"),
    Index("ix_orders_refunding", "updated_at", "id", postgresql_where=_refunding, sqlite_where=_refunding),
    # Unique, so that a number of a shop is one order.
    Index(
        "uq_orders_source_reference",
        "source",
        "reference",
        unique=True,
        postgresql_where=_referred,
        sqlite_where=_referred,
    ),
    Index("ix_orders_held", "created_at", "id", postgresql_where=_held, sqlite_where=_held),
    Index(None, "updated_at", "id"),
    # Unique, because a tracking event of a shipment belongs to one order.
    Index("uq_orders_shipment_id", "shipment_id", unique=True, postgresql_where=_shipped, sqlite_where=_shipped),
    Index(
        "uq_orders_cart_snapshot_id",
        "cart_snapshot_id",
        unique=True,
        postgresql_where=_ordered,
        sqlite_where=_ordered,
    ),
    CheckConstraint(f"total_minor BETWEEN 0 AND {MAX_MINOR_UNITS}", name="total_minor"),
    CheckConstraint("length(currency) = 3", name="currency"),
    CheckConstraint("version >= 1", name="version"),
    # All are read backwards, newest first: the orders of a user, all orders, those of a status, those of an amount.
    Index(None, "user_id", "created_at", "id"),
    # Has the columns that analytics need behind those of the list, so that analytics read the index only.
    Index("ix_orders_analytics", "created_at", "id", "status", "total_minor", "currency", "deleted_at"),
    Index(None, "status", "created_at", "id"),
    Index(None, "currency", "total_minor", "created_at", "id"),
)

order_history = Table(
    "order_history",
    metadata,
    Column("order_id", ForeignKey(orders.c.id), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(MAX_SUBJECT_LENGTH), nullable=False),
    Column("role", enum_column(Role, "role"), nullable=False),
    Column("request_id", Text),
    Column("traceparent", String(MAX_TRACEPARENT_LENGTH)),
    Column("from_status", enum_column(OrderStatus, "from_status")),
    Column("to_status", enum_column(OrderStatus, "to_status"), nullable=False),
    Column("details", JSON, nullable=False),
    # In the event feed (decision 0058), from the database: the id of the transaction on PostgreSQL, else a counter.
    Column("position", BigInteger, nullable=False, server_default=FetchedValue()),
    CheckConstraint("version >= 1", name="version"),
    Index(None, "position", "order_id", "version"),
)
ENTRY_COLUMNS = tuple(column for column in order_history.c if column.name != "position")
"""The columns of a history entry."""

order_templates = Table(
    "order_templates",
    metadata,
    identity_column(),
    Column("user_id", ForeignKey(users.c.id), nullable=False),
    Column("name", String(255), nullable=False),
    Column("requested_items", JSON, nullable=False),
    Column("address", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "user_id", "id"),
    sqlite_autoincrement=True,
)
