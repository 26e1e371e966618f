"""Tables of webhooks: endpoints, the bodies of messages, deliveries, and how far the event feed was read."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from orders_adapters.sql.tables.column_types import UtcDateTime, enum_column, identity_column
from orders_adapters.sql.tables.metadata import literals, metadata
from orders_domain.model.webhooks.delivery import DeliveryState
from orders_domain.model.webhooks.endpoint import DisabledReason, EndpointState
from orders_domain.model.webhooks.target import MAX_URL_LENGTH

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("url", String(MAX_URL_LENGTH), nullable=False, unique=True),
    Column("types", JSON(none_as_null=True)),  # NULL for all
    Column("ordered", Boolean, nullable=False),
    Column("secret", String(100), nullable=False),
    Column("former_secret", String(100)),
    Column("former_until", UtcDateTime),
    Column("state", enum_column(EndpointState, "state"), nullable=False),
    Column("disabled_reason", enum_column(DisabledReason, "disabled_reason")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("starts_after", String(43), nullable=False),
    Column("failing_since", UtcDateTime),
    Column("last_failed_at", UtcDateTime),
)

webhook_messages = Table(
    "webhook_messages",
    metadata,
    Column("id", Uuid, primary_key=True),  # of the event
    Column("type", String(100), nullable=False),
    Column("order_id", Uuid),  # no foreign key, because events are independent of the rows of orders
    Column("version", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),  # for pruning
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    identity_column(),
    Column("endpoint_id", ForeignKey(webhook_endpoints.c.id), nullable=False),
    Column("message_id", ForeignKey(webhook_messages.c.id), nullable=False, index=True),
    Column("order_id", Uuid),  # as in the message, for the order of an order's events
    Column("version", Integer, nullable=False),
    Column("state", enum_column(DeliveryState, "state"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),  # for pruning
    Column("due_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("attempts", JSON, nullable=False),
    UniqueConstraint("endpoint_id", "message_id"),
    sqlite_autoincrement=True,  # so that the id of a pruned row is not reused
)
_deliveries = webhook_deliveries.c
WAITING_DELIVERIES = _deliveries.state.in_(literals(DeliveryState.WAITING))
for _name, _columns in {
    "ix_webhook_deliveries_due": (_deliveries.endpoint_id, _deliveries.due_at),
    "ix_webhook_deliveries_order": (_deliveries.endpoint_id, _deliveries.order_id, _deliveries.version),
    "ix_webhook_deliveries_waiting": (_deliveries.id,),
}.items():
    Index(_name, *_columns, postgresql_where=WAITING_DELIVERIES, sqlite_where=WAITING_DELIVERIES)
Index("ix_webhook_deliveries_log", _deliveries.endpoint_id, _deliveries.id)

webhook_positions = Table(
    "webhook_positions",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("cursor", String(43), nullable=False),
    Column("read_at", UtcDateTime, nullable=False),
    Column("since", UtcDateTime),
    CheckConstraint("id = 1", name="single_row"),
)
