"""Tables of products, their stock, and the products of orders."""

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
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    false,
    not_,
    text,
)

from orders_adapters.sql.tables.column_types import SearchWords, UtcDateTime, enum_column, identity_column
from orders_adapters.sql.tables.metadata import metadata
from orders_adapters.sql.tables.orders import orders
from orders_adapters.sql.tables.stock_holds import stock_holds
from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH, Role
from orders_domain.model.product import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, MAX_SKU_LENGTH
from orders_domain.model.product_audit import MovementKind, ProductChangeKind
from orders_domain.model.values.money import MAX_MINOR_UNITS

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

# Without an index by product: no query needs one, and every line of an order would pay for it (decision 0043).
order_items = Table(
    "order_items",
    metadata,
    Column("order_id", ForeignKey(orders.c.id), primary_key=True),
    Column("position", SmallInteger, primary_key=True, autoincrement=False),
    Column("product_id", ForeignKey(products.c.id), nullable=False),
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
    Column("product_id", ForeignKey(products.c.id), nullable=False),
    Column("order_id", ForeignKey(orders.c.id)),
    Column("kind", enum_column(MovementKind, "kind"), nullable=False),
    Column("quantity", BigInteger, nullable=False),  # negative for a deduction
    Column("actor", String(MAX_SUBJECT_LENGTH), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),  # of the order
    Column("hold_id", ForeignKey(stock_holds.c.id)),
    Index("ix_stock_movements_ledger", "product_id", "id"),  # read backwards, newest first
    # Prevents a second deduction or release by one change of the order.
    UniqueConstraint("order_id", "product_id", "kind", "version"),
    CheckConstraint("(kind IN ('deducted', 'released')) = (order_id IS NOT NULL)", name="order"),
    CheckConstraint("(kind IN ('held', 'hold_ended')) = (hold_id IS NOT NULL)", name="hold"),
    sqlite_autoincrement=True,
)

_by_hold = stock_movements.c.hold_id.isnot(None)
Index(  # prevents a second movement of a hold in one direction
    "uq_stock_movements_hold_id_product_id_kind",
    stock_movements.c.hold_id,
    stock_movements.c.product_id,
    stock_movements.c.kind,
    unique=True,
    postgresql_where=_by_hold,
    sqlite_where=_by_hold,
)

product_history = Table(
    "product_history",
    metadata,
    Column("product_id", ForeignKey(products.c.id), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),  # of the product, after the change
    Column("kind", enum_column(ProductChangeKind, "kind"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(MAX_SUBJECT_LENGTH), nullable=False),
    Column("role", enum_column(Role, "role"), nullable=False),
    Column("request_id", Text),
    Column("changes", JSON, nullable=False),  # by field: {"from": ..., "to": ...}
)
