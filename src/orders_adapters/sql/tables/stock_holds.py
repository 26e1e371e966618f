"""Tables of stock holds: units of products that are taken from stock for a user."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from orders_adapters.sql.tables.column_types import UtcDateTime
from orders_adapters.sql.tables.metadata import metadata
from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH
from orders_domain.model.idempotency import MAX_KEY_LENGTH, MAX_SCOPE_LENGTH

stock_holds = Table(
    "stock_holds",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", String(MAX_SUBJECT_LENGTH), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),  # the row remains, because the ledger of the stock refers to it
    Column("key_subject", String(MAX_SUBJECT_LENGTH)),
    Column("key_scope", String(MAX_SCOPE_LENGTH)),
    Column("key", String(MAX_KEY_LENGTH)),
    Column("fingerprint", String(64)),
    UniqueConstraint("key_subject", "key_scope", "key"),
    CheckConstraint("expires_at > created_at", name="expires_at"),
)

_open = stock_holds.c.ended_at.is_(None)
Index("ix_stock_holds_due", stock_holds.c.expires_at, stock_holds.c.id, postgresql_where=_open, sqlite_where=_open)
Index("ix_stock_holds_user", stock_holds.c.user_id, stock_holds.c.id, postgresql_where=_open, sqlite_where=_open)

stock_hold_lines = Table(
    "stock_hold_lines",
    metadata,
    Column("hold_id", ForeignKey(stock_holds.c.id), primary_key=True),
    Column("product_id", ForeignKey("products.id"), primary_key=True),
    Column("quantity", BigInteger, nullable=False),
    Column("returned", BigInteger, nullable=False, server_default="0"),  # to stock
    CheckConstraint("quantity >= 1", name="quantity"),
    CheckConstraint("returned BETWEEN 0 AND quantity", name="returned"),
)
