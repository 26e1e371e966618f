"""Tables with their constraints and indexes. ``migrations`` brings a database to this schema."""

from enum import Enum as Choice
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    and_,
    false,
    literal_column,
    not_,
    text,
)

from orders_adapters.sql.column_types import SearchWords, UtcDateTime, enum_column, identity_column
from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH, Role
from orders_domain.model.accounts.auth_token import ALWAYS
from orders_domain.model.accounts.user import MAX_EMAIL_LENGTH, MAX_SCOPES_LENGTH
from orders_domain.model.address import MAX_LENGTHS
from orders_domain.model.cart import MAX_ID_LENGTH
from orders_domain.model.idempotency import MAX_KEY_LENGTH, MAX_SCOPE_LENGTH
from orders_domain.model.job import JobStatus
from orders_domain.model.order import MAX_REASON_LENGTH, MAX_SHIPMENT_ID_LENGTH
from orders_domain.model.origin import Origin
from orders_domain.model.product import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, MAX_SKU_LENGTH
from orders_domain.model.reservation import ReservationState
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.money import MAX_MINOR_UNITS
from orders_domain.ports.inbox import MAX_MESSAGE_ID_LENGTH
from orders_domain.ports.outbox import OutboxState
from orders_domain.ports.products import MovementKind

MAX_TRACEPARENT_LENGTH = 55
SHIPPING = {
    "line1": "shipping_address_line1",
    "line2": "shipping_address_line2",
    "city": "shipping_city",
    "state": "shipping_state",
    "postal_code": "shipping_postal_code",
    "country": "shipping_country",
}
"""The column of each field of an address."""

_ENSURE_USER = frozenset({"ensure_user_of_orders", "ensure_user_of_order_templates"})
TRIGGERS = {"postgresql": _ENSURE_USER | {"notify_orders_outbox"}, "sqlite": _ENSURE_USER}
"""The triggers that the migrations create."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _is(*states: Choice) -> Any:
    # Literals, because the planner uses a partial index only if the statement itself implies its condition.
    return [literal_column(f"'{state.value}'") for state in states]


OPEN = _is(OutboxState.WAITING, OutboxState.PUBLISHED)
WAITING = _is(OutboxState.WAITING)
PUBLISHED = _is(OutboxState.PUBLISHED)
PARKED = _is(OutboxState.PARKED)
UNSENT = _is(OutboxState.WAITING, OutboxState.PARKED)
SENT = _is(OutboxState.SENT)
UNFINISHED = _is(JobStatus.QUEUED, JobStatus.RUNNING)
UNCONFIRMED = _is(ReservationState.PENDING, ReservationState.RELEASING)

users = Table(
    "users",
    metadata,
    Column("id", String(MAX_SUBJECT_LENGTH), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    # The account. Users of whom only tokens exist have none.
    Column("email", String(MAX_EMAIL_LENGTH)),
    Column("password_hash", String(255)),
    Column("role", String(16)),
    Column("scopes", String(MAX_SCOPES_LENGTH)),
    Column("disabled_at", UtcDateTime),
    Column("is_demo", Boolean, nullable=False, server_default=false()),  # see migration 0017
    Index("ix_users_email", "email", unique=True),
)

revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("token_hash", String(64), primary_key=True),  # of a token, a family, a subject, or of all tokens
    Column("expires_at", UtcDateTime, nullable=False, index=True),  # for pruning
    # A token is revoked if its number for this key is smaller (see AuthenticatedToken). By default it always is.
    Column("valid_from", BigInteger, nullable=False, server_default=str(ALWAYS)),
)

# At most one row, inserted when it is first needed.
store_identity = Table(
    "store_identity",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("identity", String(32), nullable=False),
    Column("numbers_after", BigInteger, nullable=False, server_default="0"),  # new orders get greater numbers (SQLite)
    CheckConstraint("id = 1", name="id"),
)

_shipped = text("shipment_id IS NOT NULL")
_ordered = text("cart_snapshot_id IS NOT NULL")

orders = Table(
    "orders",
    metadata,
    Column("id", Uuid, primary_key=True),
    # From the sequence order_numbers on PostgreSQL, and computed by the insert on SQLite (see orders.py).
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
    # No default, because a missing value must not become the least restrictive contract.
    Column("origin", enum_column(Origin, "origin"), nullable=False),
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
    CheckConstraint("version >= 1", name="version"),
)

_named = text("sku IS NOT NULL")

products = Table(
    "products",
    metadata,
    identity_column(),
    Column("sku", String(MAX_SKU_LENGTH), nullable=False),
    # Partial, although every row has a sku: PostgreSQL treats the columns of a full unique index as a key, and the
    # update of a key conflicts with all open transactions that refer to the row.
    Index("uq_products_sku", "sku", unique=True, postgresql_where=_named, sqlite_where=_named),
    Column("name", String(MAX_NAME_LENGTH), nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("stock_quantity", BigInteger, nullable=False),
    Column("low_stock_threshold", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # Indexed instead of stock_quantity, because that index would change with every sale and not only at the threshold.
    Column("low_stock", Boolean, Computed("stock_quantity <= low_stock_threshold", persisted=True)),
    # A product of an external catalog. It has a row because orders refer to it, but no local stock.
    Column("external", Boolean, nullable=False, server_default=false()),
    Column("description", String(MAX_DESCRIPTION_LENGTH)),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("search_words", SearchWords, nullable=False, server_default=""),  # of the name and the sku
    # Without a list of pending entries, because every search would read it, and products change rarely.
    Index("ix_products_search_words", "search_words", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    CheckConstraint("version >= 1", name="version"),
    CheckConstraint(f"price_minor BETWEEN 0 AND {MAX_MINOR_UNITS}", name="price_minor"),
    CheckConstraint("length(currency) = 3", name="currency"),
    CheckConstraint("stock_quantity >= 0", name="stock_quantity"),  # prevents overselling, independently of the code
    CheckConstraint("low_stock_threshold >= 0", name="low_stock_threshold"),
    sqlite_autoincrement=True,
)

_low = and_(products.c.low_stock, not_(products.c.external))
Index("ix_products_low", products.c.id, postgresql_where=_low, sqlite_where=_low)

order_items = Table(
    "order_items",
    metadata,
    Column("order_id", ForeignKey(orders.c.id), primary_key=True),
    Column("position", SmallInteger, primary_key=True, autoincrement=False),
    Column("product_id", ForeignKey(products.c.id), nullable=False, index=True),
    Column("quantity", BigInteger, nullable=False),
    Column("unit_price_minor", BigInteger, nullable=False),
    Column("subtotal_minor", BigInteger, nullable=False),
    Column("placed_at", UtcDateTime, nullable=False),
    CheckConstraint("quantity >= 1", name="quantity"),
    CheckConstraint("subtotal_minor = quantity * unit_price_minor", name="subtotal_minor"),
    Index("ix_order_items_analytics", "placed_at", "order_id", "product_id", "quantity", "subtotal_minor"),
)

stock_movements = Table(
    "stock_movements",
    metadata,
    identity_column(),
    Column("product_id", ForeignKey(products.c.id), nullable=False, index=True),
    Column("order_id", ForeignKey(orders.c.id)),
    Column("kind", enum_column(MovementKind, "kind"), nullable=False),
    Column("quantity", BigInteger, nullable=False),  # negative for a deduction
    Column("actor", String(MAX_SUBJECT_LENGTH), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("order_id", "product_id", "kind"),  # prevents a second deduction or release
    CheckConstraint("(kind IN ('deducted', 'released')) = (order_id IS NOT NULL)", name="order"),
    sqlite_autoincrement=True,
)

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

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("actor", String(MAX_SUBJECT_LENGTH), nullable=False),
    Column("role", enum_column(Role, "role"), nullable=False),
    Column("request_id", Text),
    Column("traceparent", String(MAX_TRACEPARENT_LENGTH)),
    Column("order_ids", JSON, nullable=False),  # numbers, and ids as strings
    Column("target_status", enum_column(OrderStatus, "target_status"), nullable=False),
    Column("equivalent_statuses", JSON, nullable=False),  # orders with one of them are not changed
    Column("status", enum_column(JobStatus, "status"), nullable=False),
    Column("processed", Integer, nullable=False),
    Column("failures", JSON, nullable=False),  # [order, code, message, current status]
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime, nullable=False),
    CheckConstraint("processed >= 0", name="processed"),
)
_unfinished = jobs.c.status.in_(UNFINISHED)
Index("ix_jobs_due", jobs.c.leased_until, jobs.c.id, postgresql_where=_unfinished, sqlite_where=_unfinished)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("subject", String(MAX_SUBJECT_LENGTH), primary_key=True),
    Column("scope", String(MAX_SCOPE_LENGTH), primary_key=True),
    Column("key", String(MAX_KEY_LENGTH), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),  # for pruning
)

inbox = Table(
    "inbox",
    metadata,
    Column("scope", String(MAX_SCOPE_LENGTH), primary_key=True),
    Column("message_id", String(MAX_MESSAGE_ID_LENGTH), primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),  # for pruning
)

reservations = Table(
    "reservations",
    metadata,
    Column("order_id", Uuid, primary_key=True),  # no foreign key, because the order is inserted later or never
    Column("user_id", String(MAX_SUBJECT_LENGTH), nullable=False),
    Column("quantities", JSON, nullable=False),  # [product id, quantity]
    Column("shipment_id", String(MAX_SHIPMENT_ID_LENGTH)),
    Column("state", enum_column(ReservationState, "state"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    # The idempotency key of the order, until the reservation is confirmed or released.
    Column("key_subject", String(MAX_SUBJECT_LENGTH)),
    Column("key_scope", String(MAX_SCOPE_LENGTH)),
    Column("key", String(MAX_KEY_LENGTH)),
)
_unconfirmed = reservations.c.state.in_(UNCONFIRMED)
Index(
    "ix_reservations_due",
    reservations.c.due_at,
    reservations.c.order_id,
    postgresql_where=_unconfirmed,
    sqlite_where=_unconfirmed,
)
_keyed = reservations.c.key.is_not(None)
Index(
    "uq_reservations_key",
    reservations.c.key_subject,
    reservations.c.key_scope,
    reservations.c.key,
    unique=True,
    postgresql_where=_keyed,
    sqlite_where=_keyed,
)

outbox = Table(
    "outbox",
    metadata,
    identity_column(),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("order_id", Uuid, nullable=False),  # no foreign key, because events are independent of the rows of orders
    Column("version", Integer, nullable=False),
    Column("type", String(100), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("data", JSON, nullable=False),
    Column("traceparent", String(MAX_TRACEPARENT_LENGTH)),
    Column("shard", SmallInteger, nullable=False),
    Column("state", enum_column(OutboxState, "state"), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("last_error", Text),
    sqlite_autoincrement=True,  # so that the id of a pruned row is not reused
)


def _partial(name: str, *columns: str, states: Any) -> None:
    where = outbox.c.state.in_(states)
    Index(name, *(outbox.c[column] for column in columns), postgresql_where=where, sqlite_where=where)


_partial("ix_outbox_open", "shard", "state", "id", states=OPEN)  # the rows that a relay may publish
_partial("ix_outbox_unsent", "order_id", "id", states=UNSENT)  # the rows that block later events
_partial("ix_outbox_sent", "at", states=SENT)  # for pruning
_rejected = and_(outbox.c.state.in_(UNSENT), outbox.c.attempts > literal_column("0"))
Index("ix_outbox_rejected", outbox.c.shard, outbox.c.id, postgresql_where=_rejected, sqlite_where=_rejected)
