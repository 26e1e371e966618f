"""Table of reservations at the external services."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    String,
    Table,
    Text,
    Uuid,
)

from orders_adapters.sql.tables.column_types import UtcDateTime, enum_column
from orders_adapters.sql.tables.metadata import literals, metadata
from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH
from orders_domain.model.idempotency import MAX_KEY_LENGTH, MAX_SCOPE_LENGTH
from orders_domain.model.order import MAX_SHIPMENT_ID_LENGTH
from orders_domain.model.reservation import ReservationState

UNCONFIRMED = literals(ReservationState.PENDING, ReservationState.RELEASING)

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
    Column("number", BigInteger),  # of the order; NULL for a reservation of an earlier release
    Column("shipping_address", Text),  # until it is confirmed
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
