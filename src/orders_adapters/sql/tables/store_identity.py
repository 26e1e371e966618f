"""Table of the identity of the store."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    SmallInteger,
    String,
    Table,
)

from orders_adapters.sql.tables.metadata import metadata

# At most one row, inserted when it is first needed.
store_identity = Table(
    "store_identity",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("identity", String(32), nullable=False),
    Column("numbers_after", BigInteger, nullable=False, server_default="0"),  # new orders get greater numbers (SQLite)
    CheckConstraint("id = 1", name="id"),
)
